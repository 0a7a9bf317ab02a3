// Command ncp-signer makes one request with a signature of NCP's own Go SDK and prints the answer: the status on the
// first line, then the body.
//
// The keys are those of the SDK's default chain: NCLOUD_ACCESS_KEY and NCLOUD_SECRET_KEY, its file, or the role of a
// server, from the metadata service at NCLOUD_METADATA_API_ENDPOINT.
package main

import (
	"crypto"
	_ "crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/NaverCloudPlatform/ncloud-sdk-go-v2/hmac"
	"github.com/NaverCloudPlatform/ncloud-sdk-go-v2/ncloud/credentials"
)

func main() {
	method := flag.String("method", http.MethodGet, "HTTP method")
	url := flag.String("url", "", "whole URL, with its query as it shall be sent")
	body := flag.String("body", "", "JSON to send")
	timestamp := flag.String("timestamp", now(), "milliseconds since 1970")
	header := flag.String("header", "x-ncp-apigw-signature-v2", "header of the signature")
	flag.Parse()
	if err := call(*method, *url, *body, *timestamp, *header); err != nil {
		fmt.Fprintln(os.Stderr, "ncp-signer:", err)
		os.Exit(1)
	}
}

func now() string {
	return strconv.FormatInt(time.Now().UnixMilli(), 10)
}

func call(method, url, body, timestamp, header string) error {
	keys := credentials.LoadCredentials(credentials.DefaultCredentialsChain())
	if !keys.Valid() {
		return errors.New("found no keys in the environment, in ~/.ncloud/configure or in the metadata of a server")
	}
	signer := hmac.NewSigner(keys.SecretKey(), crypto.SHA256)
	signature, err := signer.Sign(method, url, keys.AccessKey(), timestamp)
	if err != nil {
		return fmt.Errorf("failed to sign: %w", err)
	}
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return fmt.Errorf("failed to make the request: %w", err)
	}
	request.Header.Set("x-ncp-apigw-timestamp", timestamp)
	request.Header.Set("x-ncp-iam-access-key", keys.AccessKey())
	request.Header.Set(header, signature)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	client := http.Client{Timeout: 30 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("failed to call: %w", err)
	}
	defer response.Body.Close()
	fmt.Println(response.StatusCode)
	if _, err := io.Copy(os.Stdout, response.Body); err != nil {
		return fmt.Errorf("failed to read the answer: %w", err)
	}
	return nil
}
