//! What an object whose look is not due may have to say all the same: that it has become stale.

use super::inventory::Known;
use super::look::Way;
use super::memory::Memory;
use super::world::World;
use crate::core::request::Request;
use crate::core::schedule::stale_at;
use crate::core::trouble::Trouble;

/// What an object whose look is not due may have to say or to find out all the same.
pub(super) enum Unspoken {
    /// No.
    Nothing,
    /// Looks have failed for so long that the Secret does not count as good any more.
    Trouble(Trouble),
    /// The same, as far as an earlier process knew.
    Doubt,
}

/// Finds out whether there is something.
pub(super) fn unspoken(
    world: &World,
    request: &Request,
    known: &Known,
    memory: &Memory,
    way: &Way,
) -> Unspoken {
    let told = world.connections.told(&request.store);
    let told_since = told.as_ref().map(|told| told.since);
    let moment = stale_at(request, &known.status, told_since);
    if moment.is_some_and(|moment| moment <= world.clock.now()) {
        let own = memory.trouble.as_deref().cloned();
        let trouble = own.or_else(|| told.and_then(|told| told.trouble));
        return trouble.map_or(Unspoken::Doubt, Unspoken::Trouble);
    }
    let (store, spec) = way.store();
    let in_doubt = told.is_some_and(|told| told.trouble.is_none());
    let connections = &world.connections;
    if in_doubt && connections.is_witness(&request.object, &request.store, store, spec) {
        return Unspoken::Doubt;
    }
    Unspoken::Nothing
}
