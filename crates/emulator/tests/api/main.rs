//! The running server over real HTTP.

#[cfg(test)]
mod access;
#[cfg(test)]
mod admin;
#[cfg(test)]
mod binary;
#[cfg(test)]
mod client;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod hosts;
#[cfg(test)]
mod page;
#[cfg(test)]
mod readings;
