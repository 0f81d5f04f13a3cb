//! gzip and zstd by the end of a file's name, out and in; and sums of what is written.
//!
//! The same bytes in give the same bytes out: gzip's header has no time and no name.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
};

use flate2::{Compression, bufread::MultiGzDecoder, write::GzEncoder};
use sha2::{Digest as _, Sha256};

/// What gzip's own program uses.
const GZIP_LEVEL: u32 = 6;
/// zstd's own default.
const ZSTD_LEVEL: i32 = 3;

/// How an export's bytes are packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// As they are.
    #[default]
    None,
    /// gzip (`.gz`).
    Gzip,
    /// Zstandard (`.zst`).
    Zstd,
}

impl Packing {
    /// How a file is packed, by the end of its name.
    #[must_use]
    pub fn of_path(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some(gz) if gz.eq_ignore_ascii_case("gz") => Self::Gzip,
            Some(zst) if zst.eq_ignore_ascii_case("zst") => Self::Zstd,
            _ => Self::None,
        }
    }

    /// The name without what tells the packing.
    #[must_use]
    pub fn stripped(self, path: &Path) -> PathBuf {
        match self {
            Self::None => path.to_owned(),
            Self::Gzip | Self::Zstd => path.with_extension(""),
        }
    }

    /// A writer that packs.
    pub(in crate::export) fn packer<W: Write>(self, out: W) -> io::Result<Packer<W>> {
        Ok(match self {
            Self::None => Packer::None(out),
            Self::Gzip => Packer::Gzip(GzEncoder::new(out, Compression::new(GZIP_LEVEL))),
            Self::Zstd => {
                let mut encoder = zstd::Encoder::new(out, ZSTD_LEVEL)?;
                encoder.include_checksum(true)?;
                Packer::Zstd(encoder)
            }
        })
    }
}

/// Opens a file for reading, unpacked as its name tells.
///
/// # Errors
/// What the system says; damage in packed bytes comes while reading.
pub fn open_unpacked(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let file = BufReader::with_capacity(64 << 10, File::open(path)?);
    Ok(match Packing::of_path(path) {
        Packing::None => Box::new(file),
        Packing::Gzip => Box::new(BufReader::new(MultiGzDecoder::new(file))),
        Packing::Zstd => Box::new(BufReader::new(zstd::Decoder::with_buffer(file)?)),
    })
}

/// See [`Packing::packer`]; without [`Self::finish`] the end is missing.
pub(in crate::export) enum Packer<W: Write> {
    None(W),
    Gzip(GzEncoder<W>),
    Zstd(zstd::Encoder<'static, W>),
}

impl<W: Write> Packer<W> {
    /// Writes the end.
    pub(in crate::export) fn finish(self) -> io::Result<()> {
        let mut out = match self {
            Self::None(out) => out,
            Self::Gzip(encoder) => encoder.finish()?,
            Self::Zstd(encoder) => encoder.finish()?,
        };
        out.flush()
    }
}

impl<W: Write> Write for Packer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::None(out) => out.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::None(out) => out.flush(),
            Self::Gzip(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }
}

/// The size and the sum of some bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::export) struct Sum {
    pub(in crate::export) bytes: u64,
    /// SHA-256 in hex.
    pub(in crate::export) sha256: String,
}

impl Sum {
    pub(in crate::export) fn of(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.len() as u64,
            sha256: hex(&Sha256::digest(bytes)),
        }
    }

    pub(in crate::export) fn of_file(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut summing = Summing::new(io::sink());
        let mut buffer = vec![0; 64 << 10];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(summing.sum()),
                read => summing.write_all(&buffer[..read])?,
            }
        }
    }
}

/// Passes bytes on and sums them.
pub(in crate::export) struct Summing<W> {
    out: W,
    bytes: u64,
    digest: Sha256,
}

impl<W: Write> Summing<W> {
    pub(in crate::export) fn new(out: W) -> Self {
        Self {
            out,
            bytes: 0,
            digest: Sha256::new(),
        }
    }

    pub(in crate::export) fn sum(self) -> Sum {
        Sum {
            bytes: self.bytes,
            sha256: hex(&self.digest.finalize()),
        }
    }
}

impl<W: Write> Write for Summing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

pub(in crate::export) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
