//! Operations that only show something.

use serde_json::json;

use super::body;
use super::error::Failure;
use super::perform::{ApiCall, encoded, find};
use super::query::{LogQuery, list_page};
use super::view::{self, Success};
use super::{view_lists, view_values};
use crate::behavior::{EmptyStage, ListScope, PagePastEnd};
use crate::host::Host;
use crate::state::{Log, LogEntry, Refusal, Secret, State};

impl ApiCall<'_> {
    pub(super) fn protection_keys(&self, state: &State) -> Vec<u8> {
        let behavior = state.behavior();
        let keys = state
            .protection_keys()
            .filter(|key| key.region == self.host.region())
            .zip(1..)
            .map(|(key, number)| view_lists::key_line(number, key, behavior));
        let lines: Vec<_> = std::iter::once(view_lists::default_key_line(behavior))
            .chain(keys)
            .collect();
        encoded(&Success::of(json!({"keyList": lines})))
    }

    pub(super) fn triggers(&self, state: &State) -> Vec<u8> {
        let lines: Vec<_> = state
            .triggers()
            .filter(|trigger| trigger.region == self.host.region())
            .map(|trigger| view_lists::trigger_line(trigger, state))
            .collect();
        encoded(&Success::of(json!({"triggerList": lines})))
    }

    pub(super) fn list(&self, state: &State) -> Result<Vec<u8>, Failure> {
        let behavior = state.behavior();
        let page = list_page(self.target, behavior)?;
        let size = usize::try_from(behavior.page_size.max(1)).unwrap_or(usize::MAX);
        let listed = || state.secrets().filter(|secret| self.lists(secret, state));
        let count = listed().count();
        let pages = count.div_ceil(size).max(1);
        if page > pages && behavior.page_past_end == PagePastEnd::Refused {
            return Err(Failure::invalid("pageNo is past the last page."));
        }
        let lines: Vec<_> = listed()
            .skip((page - 1).saturating_mul(size))
            .take(size)
            .map(|secret| view_lists::line(secret, behavior))
            .collect();
        Ok(encoded(&Success::of(json!({
            "totalPageNo": pages, "currentPageNo": page, "totalCount": count, "secretList": lines,
        }))))
    }

    fn lists(&self, secret: &Secret, state: &State) -> bool {
        match state.behavior().list_scope {
            ListScope::Host => Host::of(secret) == self.host,
            ListScope::Region => secret.region == self.host.region(),
        }
    }

    pub(super) fn logs(&self, id: &str, state: &State) -> Result<Vec<u8>, Failure> {
        let query = LogQuery::parse(self.target, state.behavior())?;
        let wanted = |entry: &&LogEntry| {
            let keyword = query.keyword.as_ref();
            (query.from..=query.to).contains(&entry.at)
                && keyword.is_none_or(|keyword| entry.mentions(keyword))
        };
        let entries = || state.log(id).into_iter().flat_map(Log::newest_first);
        let count = entries().filter(wanted).count();
        let lines: Vec<_> = entries()
            .filter(wanted)
            .skip((query.page - 1).saturating_mul(query.page_size))
            .take(query.page_size)
            .map(|entry| view_lists::log_line(entry, state.behavior().log_entry))
            .collect();
        Ok(encoded(&Success::of(json!({
            "pageSize": query.page_size,
            "currentPage": query.page,
            "totalPage": count.div_ceil(query.page_size),
            "totalCount": count,
            "result": lines,
            "paged": true,
        }))))
    }

    pub(super) fn read_stage(&self, id: &str, state: &State) -> Result<Vec<u8>, Failure> {
        let wanted = self.route.stage()?;
        let secret = readable(id, state)?;
        let behavior = state.behavior();
        let value = secret.chain.get(wanted);
        if value.is_none() && behavior.empty_stage == EmptyStage::NotFound {
            return Err(Failure::refused(&Refusal::StageEmpty, behavior));
        }
        Ok(encoded(&Success::of(view_values::stage_read(
            secret, wanted, behavior,
        ))))
    }

    pub(super) fn random(&self, id: &str, state: &mut State) -> Result<Vec<u8>, Failure> {
        let wish = body::parse::<body::Random>(self.body)?.wish(state.behavior())?;
        let token = self.route.job_token.as_deref().unwrap_or_default();
        find(id, state)?
            .require_job(token)
            .and_then(|()| state.random_text(&wish))
            .map(|text| encoded(&Success::of(json!({"randomString": text.as_str()}))))
            .map_err(|refusal| Failure::refused(&refusal, state.behavior()))
    }
}

pub(super) fn detail(id: &str, state: &State) -> Result<Vec<u8>, Failure> {
    let secret = find(id, state)?;
    Ok(encoded(&Success::of(view::Detail::of(secret, state))))
}

pub(super) fn read_chain(id: &str, state: &State) -> Result<Vec<u8>, Failure> {
    let secret = readable(id, state)?;
    let chain = view_values::chain_read(secret, state.behavior());
    Ok(encoded(&Success::of(chain)))
}

fn readable<'a>(id: &str, state: &'a State) -> Result<&'a Secret, Failure> {
    let readable = state.readable(id);
    readable.map_err(|refusal| Failure::refused(&refusal, state.behavior()))
}
