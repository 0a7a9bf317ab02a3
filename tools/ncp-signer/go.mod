// Calls an API of NAVER Cloud Platform with a signature of NCP's own SDK: tests show with it that the emulator takes it.
module ncp-secret-operator/tools/ncp-signer

go 1.26.0

require github.com/NaverCloudPlatform/ncloud-sdk-go-v2 v1.6.31
