//! A certificate of an authority that exists for one start of the emulator.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};
use steerable_clock::Clock;
use tokio_rustls::rustls::pki_types::{DnsName, PrivatePkcs8KeyDer};

use super::{Served, TlsError, config};

/// `secretmanager-api-overview`.
const HOSTS: [&str; 3] = [
    "secretmanager.apigw.ntruss.com",
    "ocapi-kr.ncloud.com",
    "ocapi-jp.ncloud.com",
];

/// macOS refuses certificates that are valid for more than 825 days, also those of authorities that a user added.
const VALID_DAYS: i64 = 820;

/// Makes an authority and its one certificate. The authority's key is forgotten, so that who trusts the authority
/// trusts nothing but this emulator.
pub(super) fn serve(address: IpAddr, names: &[String]) -> Result<Served, TlsError> {
    let names = names.iter().map(|name| subject(name));
    let mut subjects = standard_subjects(address).collect::<Result<Vec<_>, _>>()?;
    for name in names {
        let name = name?;
        if !subjects.contains(&name) {
            subjects.push(name);
        }
    }
    let (authority, certificate, key) = make(subjects).map_err(TlsError::Make)?;
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let chain = vec![certificate.der().clone()];
    Ok(Served {
        config: config(chain, key.into()).map_err(TlsError::Serve)?,
        authority: Some(authority),
    })
}

fn standard_subjects(address: IpAddr) -> impl Iterator<Item = Result<SanType, TlsError>> {
    let mut addresses = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    if !addresses.contains(&address) {
        addresses.push(address);
    }
    let addresses = addresses.into_iter().map(SanType::IpAddress).map(Ok);
    let hosts = ["localhost"].into_iter().chain(HOSTS).map(subject);
    addresses.chain(hosts)
}

fn subject(name: &str) -> Result<SanType, TlsError> {
    let refused = || TlsError::Name(name.to_owned());
    if let Ok(address) = name.parse() {
        return Ok(SanType::IpAddress(address));
    }
    let host = name.strip_prefix("*.").unwrap_or(name);
    DnsName::try_from(host).map_err(|_| refused())?;
    Ok(SanType::DnsName(name.try_into().map_err(|_| refused())?))
}

/// The authority as PEM, and a certificate of it with its key.
fn make(subjects: Vec<SanType>) -> Result<(String, rcgen::Certificate, KeyPair), rcgen::Error> {
    let mut authority = params("ncp-emulator authority of one start");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let mut leaf = params("ncp-emulator");
    leaf.subject_alt_names = subjects;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = leaf.signed_by(&key, &authority)?;
    Ok((authority.pem(), certificate, key))
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    let today = Clock::machine().now().to_zoned(TimeZone::UTC).date();
    let midnight = |span: Span| {
        let date: Date = today.saturating_add(span);
        date_time_ymd(
            date.year().into(),
            date.month().unsigned_abs(),
            date.day().unsigned_abs(),
        )
    };
    params.not_before = midnight((-1).day());
    params.not_after = midnight((VALID_DAYS - 1).days());
    params
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_the_ports_is_a_subject_once() {
        for (address, count) in [
            ("127.0.0.1", 6),
            ("::1", 6),
            ("192.0.2.1", 7),
            ("0.0.0.0", 7),
        ] {
            let address: IpAddr = address.parse().unwrap();
            let subjects: Result<Vec<_>, _> = standard_subjects(address).collect();
            let subjects = subjects.unwrap();
            let own = SanType::IpAddress(address);
            assert_eq!(subjects.iter().filter(|it| **it == own).count(), 1);
            assert_eq!(subjects.len(), count, "{address}");
        }
    }

    #[test]
    fn macos_takes_how_long_the_certificate_is_valid() {
        let params = params("test");
        let days = (params.not_after - params.not_before).whole_days();
        assert!((365..=825).contains(&days), "{days}");
    }
}
