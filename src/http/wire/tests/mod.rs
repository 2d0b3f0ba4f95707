//! Descriptions of the wire types for others: the page's TypeScript, and OpenAPI.

mod openapi;
mod page;
