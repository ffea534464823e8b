/** The checksum of event files: CRC-32 with Castagnoli's polynomial (RFC 3720, appendix B.4). */

const REVERSED_POLYNOMIAL = 0x82f63b78;

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ REVERSED_POLYNOMIAL : crc >>> 1;
  }
  return ~crc >>> 0;
}
