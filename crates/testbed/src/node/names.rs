//! The names that pods can look up: what a cluster's DNS would answer, for programs that listen at the node's address.

use std::net::{IpAddr, Ipv4Addr};

use anyhow::{Context, Result};
use simple_dns::rdata::{A, RData};
use simple_dns::{CLASS, Packet, PacketFlag, QTYPE, RCODE, ResourceRecord, TYPE};
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

use super::network::NODE_ADDRESS;

const PORT: u16 = 53;
/// More than any question has (RFC 1035, 4.2.1, and the common size with EDNS).
const LONGEST_QUESTION: usize = 4096;
const SECONDS_TO_KEEP: u32 = 5;

/// Answers that certain names belong to the node's address, and that there are no others. Ends when it is dropped.
#[derive(Debug)]
pub struct Names {
    _answering: JoinSet<()>,
}

impl Names {
    /// Begins to answer, in the enclosure that this process runs in.
    ///
    /// # Errors
    ///
    /// When the port of DNS at the node's address cannot be had.
    pub async fn serve(names: &'static [&'static str]) -> Result<Self> {
        let socket = UdpSocket::bind((IpAddr::from(NODE_ADDRESS), PORT))
            .await
            .with_context(|| format!("cannot answer DNS at {NODE_ADDRESS}:{PORT}"))?;
        let mut answering = JoinSet::new();
        answering.spawn(async move {
            let mut buffer = vec![0; LONGEST_QUESTION];
            // Who gets no answer asks again.
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                let answer = buffer
                    .get(..length)
                    .and_then(|question| answer(question, names));
                if let Some(answer) = answer {
                    let _ = socket.send_to(&answer, from).await;
                }
            }
        });
        Ok(Self {
            _answering: answering,
        })
    }
}

/// The answer to a question; nothing where it cannot be understood.
fn answer(question: &[u8], names: &[&str]) -> Option<Vec<u8>> {
    let packet = Packet::parse(question).ok()?;
    let mut reply = packet.into_reply();
    reply.set_flags(PacketFlag::AUTHORITATIVE_ANSWER | PacketFlag::RECURSION_AVAILABLE);
    let asked = reply.questions.first()?.clone();
    let name = asked.qname.to_string();
    if !names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
        *reply.rcode_mut() = RCODE::NameError;
    } else if asked.qtype == QTYPE::TYPE(TYPE::A) {
        let address = RData::A(A {
            address: Ipv4Addr::to_bits(NODE_ADDRESS),
        });
        let record = ResourceRecord::new(asked.qname, CLASS::IN, SECONDS_TO_KEEP, address);
        reply.answers.push(record);
    }
    reply.build_bytes_vec().ok()
}

#[cfg(test)]
mod tests {
    use simple_dns::{Name, QCLASS, Question};

    use super::*;

    fn asked(name: &str, kind: TYPE) -> (RCODE, Vec<Ipv4Addr>) {
        let mut query = Packet::new_query(7);
        let name = Name::new_unchecked(name);
        let question = Question::new(name, kind.into(), QCLASS::CLASS(CLASS::IN), false);
        query.questions.push(question);
        let question = query.build_bytes_vec().unwrap();
        let answer = answer(&question, &["ncp.example"]).unwrap();
        let answer = Packet::parse(&answer).unwrap();
        assert_eq!((answer.id(), answer.questions.len()), (7, 1));
        let addresses = answer.answers.iter().map(|record| match &record.rdata {
            RData::A(found) => Ipv4Addr::from_bits(found.address),
            other => panic!("{other:?}"),
        });
        (answer.rcode(), addresses.collect())
    }

    #[test]
    fn a_known_name_is_the_nodes_and_another_is_nobodys() {
        let found = (RCODE::NoError, vec![NODE_ADDRESS]);
        assert_eq!(asked("ncp.example", TYPE::A), found);
        assert_eq!(asked("NCP.example", TYPE::A), found);
        // Whoever asks for both kinds of address would take a name error for both.
        assert_eq!(asked("ncp.example", TYPE::AAAA), (RCODE::NoError, vec![]));
        for other in ["ncp.example.cluster.local", "example", "x.ncp.example"] {
            assert_eq!(asked(other, TYPE::A), (RCODE::NameError, vec![]), "{other}");
        }
    }

    #[test]
    fn what_is_no_question_gets_no_answer() {
        assert_eq!(answer(b"", &[]), None);
        assert_eq!(answer(b"hello", &[]), None);
    }
}
