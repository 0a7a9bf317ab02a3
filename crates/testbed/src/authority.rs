//! The certificate authority of one control plane: who the API server is, and who its users are.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};

/// The attribute type that `DnType::OrganizationName` stands for.
const ORGANIZATION: [u64; 4] = [2, 5, 4, 10];

/// Issues certificates that the API server of one control plane accepts.
pub(crate) struct Authority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its private key, both as PEM.
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    /// Makes a new authority and keeps it in two files, so that other processes can issue certificates too.
    pub(crate) fn create(certificate_file: &Path, key_file: &Path) -> Result<Self> {
        let attempt = "cannot make a certificate authority";
        let key = KeyPair::generate().context(attempt)?;
        let authority = CertifiedIssuer::self_signed(params(), key).context(attempt)?;
        fs::write(certificate_file, authority.pem()).context(attempt)?;
        fs::write(key_file, authority.key().serialize_pem()).context(attempt)?;
        Self::open(certificate_file, key_file)
    }

    /// Opens the authority that was kept in two files.
    pub(crate) fn open(certificate_file: &Path, key_file: &Path) -> Result<Self> {
        let attempt = || {
            format!(
                "cannot read the certificate authority {}",
                certificate_file.display()
            )
        };
        let key = fs::read_to_string(key_file).with_context(attempt)?;
        let key = KeyPair::from_pem(&key).with_context(attempt)?;
        Ok(Self {
            certificate: fs::read_to_string(certificate_file).with_context(attempt)?,
            issuer: Issuer::new(params(), key),
        })
    }

    /// The authority's own certificate as PEM.
    pub(crate) fn certificate(&self) -> &str {
        &self.certificate
    }

    /// An identity for a server at that address.
    pub(crate) fn server(&self, address: Ipv4Addr) -> Result<Identity> {
        let attempt = "cannot issue a certificate for the API server";
        let names = [address.to_string(), "localhost".to_owned()];
        let mut params = CertificateParams::new(names).context(attempt)?;
        params.distinguished_name = name("kube-apiserver");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.issue(&params).context(attempt)
    }

    /// An identity for a user, who is a member of up to two groups.
    pub(crate) fn client(&self, user: &str, groups: &[&str]) -> Result<Identity> {
        ensure!(
            groups.len() <= 2,
            "cannot issue a certificate for {user}: it would carry {} groups, two at most are possible",
            groups.len()
        );
        let mut params = CertificateParams::default();
        params.distinguished_name = name(user);
        // rcgen keeps one value for each attribute type, and takes the number of a type for another type.
        let types = [
            DnType::OrganizationName,
            DnType::CustomDnType(ORGANIZATION.to_vec()),
        ];
        for (attribute, group) in types.into_iter().zip(groups) {
            params.distinguished_name.push(attribute, *group);
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(&params)
            .with_context(|| format!("cannot issue a certificate for {user}"))
    }

    fn issue(&self, params: &CertificateParams) -> Result<Identity, rcgen::Error> {
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        })
    }
}

fn params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = name("testbed");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    params
}

fn name(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}
