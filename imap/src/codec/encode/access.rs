//! Untagged data about rights (RFC 4314 3), quotas (RFC 9208 4.2), and other ways in (RFC 9698 5).

use super::super::acl::AclRights;
use super::super::quota::QuotaResource;
use super::Encoder;

/// What is used of one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaUsage<'a> {
    /// Which.
    pub resource: QuotaResource<'a>,
    /// How much is used, in the resource's units.
    pub usage: u64,
    /// How much may be used, in the resource's units.
    pub limit: u64,
}

impl Encoder<'_> {
    /// `ACL`: identifiers and their rights.
    pub fn acl<'i>(
        &mut self,
        mailbox: &str,
        entries: impl IntoIterator<Item = (&'i str, AclRights)>,
    ) {
        self.raw("* ACL ");
        self.mailbox(mailbox);
        for (identifier, rights) in entries {
            self.out.push(b' ');
            self.astring(identifier);
            self.out.push(b' ');
            self.rights(rights);
        }
        self.line_end();
    }

    /// `LISTRIGHTS`: what an identifier always has, and groups of rights that are granted together.
    pub fn list_rights(
        &mut self,
        mailbox: &str,
        identifier: &str,
        always: AclRights,
        groups: &[AclRights],
    ) {
        self.raw("* LISTRIGHTS ");
        self.mailbox(mailbox);
        self.out.push(b' ');
        self.astring(identifier);
        self.out.push(b' ');
        self.rights(always);
        for group in groups {
            self.out.push(b' ');
            self.rights(*group);
        }
        self.line_end();
    }

    /// `JMAPACCESS` (RFC 9698 5): the address of the session object.
    pub fn jmap_access(&mut self, url: &str) {
        self.raw("* JMAPACCESS ");
        self.string(url.as_bytes());
        self.line_end();
    }

    /// `MYRIGHTS`.
    pub fn my_rights(&mut self, mailbox: &str, rights: AclRights) {
        self.raw("* MYRIGHTS ");
        self.mailbox(mailbox);
        self.out.push(b' ');
        self.rights(rights);
        self.line_end();
    }

    fn rights(&mut self, rights: AclRights) {
        if rights.is_empty() {
            return self.raw("\"\"");
        }
        for letter in rights.letters() {
            self.out
                .extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    /// `QUOTA`.
    pub fn quota(&mut self, root: &str, resources: &[QuotaUsage<'_>]) {
        self.raw("* QUOTA ");
        self.astring(root);
        self.out.push(b' ');
        self.list(resources, |encoder, resource| {
            encoder.raw(resource.resource.name());
            encoder.out.push(b' ');
            encoder.number(resource.usage);
            encoder.out.push(b' ');
            encoder.number(resource.limit);
        });
        self.line_end();
    }

    /// `QUOTAROOT`.
    pub fn quota_root(&mut self, mailbox: &str, roots: &[&str]) {
        self.raw("* QUOTAROOT ");
        self.mailbox(mailbox);
        for root in roots {
            self.out.push(b' ');
            self.astring(root);
        }
        self.line_end();
    }
}
