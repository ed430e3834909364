//! MessagePack read token by token, total over any bytes.

use thiserror::Error;

/// Why bytes are not one MessagePack value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Malformed {
    #[error("the bytes end inside a MessagePack value")]
    Short,
    #[error("byte 0xc1 begins no MessagePack value")]
    NeverUsed,
    #[error("{0} bytes follow the MessagePack value")]
    Trailing(usize),
}

/// One token: a scalar, or the beginning of a container with its number of elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'a> {
    Nil,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(&'a [u8]),
    Bytes(&'a [u8]),
    Extension(i8, &'a [u8]),
    Array(u32),
    Map(u32),
}

/// Bytes that are not read yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader(bytes)
    }

    /// Checks that nothing is left.
    pub(super) fn finish(self) -> Result<(), Malformed> {
        match self.0.len() {
            0 => Ok(()),
            left => Err(Malformed::Trailing(left)),
        }
    }

    pub(super) fn token(&mut self) -> Result<Token<'a>, Malformed> {
        let [marker] = self.array()?;
        Ok(match marker {
            0x00..=0x7f => Token::Unsigned(u64::from(marker)),
            0x80..=0x8f => Token::Map(u32::from(marker & 0x0f)),
            0x90..=0x9f => Token::Array(u32::from(marker & 0x0f)),
            0xa0..=0xbf => Token::Text(self.take(u32::from(marker & 0x1f))?),
            0xc0 => Token::Nil,
            0xc1 => return Err(Malformed::NeverUsed),
            0xc2 | 0xc3 => Token::Bool(marker == 0xc3),
            0xc4..=0xc6 => {
                let length = self.length(marker - 0xc4)?;
                Token::Bytes(self.take(length)?)
            }
            0xc7..=0xc9 => {
                let length = self.length(marker - 0xc7)?;
                self.extension(length)?
            }
            0xca => Token::Float(f64::from(f32::from_be_bytes(self.array()?))),
            0xcb => Token::Float(f64::from_be_bytes(self.array()?)),
            0xcc => Token::Unsigned(u64::from(u8::from_be_bytes(self.array()?))),
            0xcd => Token::Unsigned(u64::from(u16::from_be_bytes(self.array()?))),
            0xce => Token::Unsigned(u64::from(u32::from_be_bytes(self.array()?))),
            0xcf => Token::Unsigned(u64::from_be_bytes(self.array()?)),
            0xd0 => Token::Signed(i64::from(i8::from_be_bytes(self.array()?))),
            0xd1 => Token::Signed(i64::from(i16::from_be_bytes(self.array()?))),
            0xd2 => Token::Signed(i64::from(i32::from_be_bytes(self.array()?))),
            0xd3 => Token::Signed(i64::from_be_bytes(self.array()?)),
            0xd4..=0xd8 => self.extension(1 << (marker - 0xd4))?,
            0xd9..=0xdb => {
                let length = self.length(marker - 0xd9)?;
                Token::Text(self.take(length)?)
            }
            0xdc | 0xdd => Token::Array(self.length(marker - 0xdb)?),
            0xde | 0xdf => Token::Map(self.length(marker - 0xdd)?),
            0xe0..=0xff => Token::Signed(i64::from(i8::from_be_bytes([marker]))),
        })
    }

    /// Passes over one whole value and returns its bytes. Nesting costs no stack.
    pub(super) fn skip(&mut self) -> Result<&'a [u8], Malformed> {
        let start = self.0;
        let mut pending = 1_u64;
        while pending > 0 {
            pending -= 1;
            // Every element costs a byte, so the number stays far below its limit.
            pending = pending.saturating_add(match self.token()? {
                Token::Array(elements) => u64::from(elements),
                Token::Map(pairs) => 2 * u64::from(pairs),
                _ => 0,
            });
        }
        start
            .get(..start.len() - self.0.len())
            .ok_or(Malformed::Short)
    }

    /// A length of 1, 2 or 4 bytes, by how its marker stands among its siblings.
    fn length(&mut self, width: u8) -> Result<u32, Malformed> {
        Ok(match width {
            0 => u32::from(u8::from_be_bytes(self.array()?)),
            1 => u32::from(u16::from_be_bytes(self.array()?)),
            _ => u32::from_be_bytes(self.array()?),
        })
    }

    fn extension(&mut self, length: u32) -> Result<Token<'a>, Malformed> {
        let kind = i8::from_be_bytes(self.array()?);
        Ok(Token::Extension(kind, self.take(length)?))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (part, rest) = self.0.split_first_chunk().ok_or(Malformed::Short)?;
        self.0 = rest;
        Ok(*part)
    }

    fn take(&mut self, length: u32) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(length).map_err(|_| Malformed::Short)?;
        let (part, rest) = self.0.split_at_checked(length).ok_or(Malformed::Short)?;
        self.0 = rest;
        Ok(part)
    }
}

/// Whether `bytes` are exactly one value. Costs one pass and no memory.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Malformed> {
    let mut reader = Reader::new(bytes);
    reader.skip()?;
    reader.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_marker_reads_what_it_says() {
        for (bytes, expected) in [
            (&b"\x7f"[..], Token::Unsigned(127)),
            (b"\xe0", Token::Signed(-32)),
            (b"\xff", Token::Signed(-1)),
            (b"\xc0", Token::Nil),
            (b"\xc2", Token::Bool(false)),
            (b"\xc3", Token::Bool(true)),
            (b"\xa2hi", Token::Text(b"hi")),
            (b"\xd9\x01a", Token::Text(b"a")),
            (b"\xda\x00\x01a", Token::Text(b"a")),
            (b"\xdb\x00\x00\x00\x01a", Token::Text(b"a")),
            (b"\xc4\x01\xff", Token::Bytes(&[0xff])),
            (b"\xc5\x00\x01\xff", Token::Bytes(&[0xff])),
            (b"\xc6\x00\x00\x00\x00", Token::Bytes(&[])),
            (b"\xc7\x01\x80a", Token::Extension(-128, b"a")),
            (b"\xc8\x00\x00\x05", Token::Extension(5, b"")),
            (b"\xc9\x00\x00\x00\x00\x05", Token::Extension(5, b"")),
            (b"\xd4\x01a", Token::Extension(1, b"a")),
            (b"\xd5\x01ab", Token::Extension(1, b"ab")),
            (b"\xd6\x01abcd", Token::Extension(1, b"abcd")),
            (b"\xd7\x01abcdefgh", Token::Extension(1, b"abcdefgh")),
            (
                b"\xd8\x01abcdefghabcdefgh",
                Token::Extension(1, b"abcdefghabcdefgh"),
            ),
            (b"\xca\x3f\xc0\x00\x00", Token::Float(1.5)),
            (b"\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", Token::Float(1.5)),
            (b"\xcc\xff", Token::Unsigned(255)),
            (b"\xcd\x01\x00", Token::Unsigned(256)),
            (b"\xce\x00\x01\x00\x00", Token::Unsigned(65536)),
            (
                b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
                Token::Unsigned(u64::MAX),
            ),
            (b"\xd0\x80", Token::Signed(-128)),
            (b"\xd1\x80\x00", Token::Signed(-32768)),
            (b"\xd2\x80\x00\x00\x00", Token::Signed(i64::from(i32::MIN))),
            (
                b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00",
                Token::Signed(i64::MIN),
            ),
            (b"\x93", Token::Array(3)),
            (b"\xdc\x01\x00", Token::Array(256)),
            (b"\xdd\x00\x00\x00\x02", Token::Array(2)),
            (b"\x82", Token::Map(2)),
            (b"\xde\x00\x02", Token::Map(2)),
            (b"\xdf\x00\x00\x00\x02", Token::Map(2)),
        ] {
            let mut reader = Reader::new(bytes);
            assert_eq!(reader.token(), Ok(expected), "{bytes:x?}");
            assert_eq!(reader.finish(), Ok(()), "{bytes:x?}");
        }
    }

    #[test]
    fn whatever_ends_early_or_late_is_malformed() {
        let whole = b"\x82\xa1a\x93\x01\xc4\x02xy\xca\0\0\0\0\x02\xd6\x01abcd";
        assert_eq!(check(whole), Ok(()));
        for end in 0..whole.len() {
            assert_eq!(check(&whole[..end]), Err(Malformed::Short), "{end}");
        }
        assert_eq!(check(b"\xc0\xc0\xc0"), Err(Malformed::Trailing(2)));
        assert_eq!(check(b"\x92\xc0\xc1"), Err(Malformed::NeverUsed));
        assert_eq!(check(b""), Err(Malformed::Short));
    }

    #[test]
    fn hostile_sizes_and_depths_cost_nothing() {
        for claim in [
            b"\xdf\xff\xff\xff\xff",
            b"\xdd\xff\xff\xff\xff",
            b"\xdb\xff\xff\xff\xff",
        ] {
            assert_eq!(check(claim), Err(Malformed::Short));
        }
        let mut deep = vec![0x91; 1 << 20];
        assert_eq!(check(&deep), Err(Malformed::Short));
        deep.push(0xc0);
        assert_eq!(check(&deep), Ok(()));
    }
}
