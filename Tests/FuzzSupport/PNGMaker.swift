/// Pictures that are wrong behind right checksums, so that the decoder itself is reached and not only its door.
enum PNGMaker {
  private struct Chunk {
    var type: [UInt8]
    var body: [UInt8]
  }

  /// Either rows written anew under a header of any kind, or a sound file with changed chunks.
  static func make(_ mutator: inout Mutator, corpus: [[UInt8]]) -> [UInt8] {
    var chunks = mutator.once(in: 2) ? pictureChunks(&mutator) : changed(mutator.element(corpus), &mutator, corpus)
    switch mutator.integer(0...19) {
    case 0 where !chunks.isEmpty: chunks.remove(at: mutator.integer(0...chunks.count - 1))
    case 1 where !chunks.isEmpty:
      chunks.insert(mutator.element(chunks), at: mutator.integer(0...chunks.count))
    case 2 where !chunks.isEmpty:
      chunks.swapAt(mutator.integer(0...chunks.count - 1), mutator.integer(0...chunks.count - 1))
    case 3:
      let types = ["tRNS", "PLTE", "gAMA", "eXIf", "iCCP", "bKGD", "acTL", "fdAT", "ABCD", "IDAT"]
      chunks.insert(
        Chunk(type: Array(mutator.element(types).utf8), body: mutator.bytes(mutator.integer(0...80))),
        at: min(1, chunks.count))
    default: break
    }
    return file(chunks)
  }

  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  private static func file(_ chunks: [Chunk]) -> [UInt8] {
    signature
      + chunks.flatMap { chunk in
        bigEndian(UInt32(chunk.body.count)) + chunk.type + chunk.body + bigEndian(crc32(chunk.type + chunk.body))
      }
  }

  // MARK: - Sound files changed

  private static func changed(_ bytes: [UInt8], _ mutator: inout Mutator, _ corpus: [[UInt8]]) -> [Chunk] {
    var chunks = chunks(of: bytes)
    guard !chunks.isEmpty else { return [] }
    for _ in 0..<mutator.integer(1...3) {
      let index = mutator.integer(0...chunks.count - 1)
      if mutator.once(in: 2), chunks[index].body.count <= 64 {
        // Of its own length still.
        guard !chunks[index].body.isEmpty else { continue }
        chunks[index].body[mutator.integer(0...chunks[index].body.count - 1)] = mutator.byte()
      } else {
        chunks[index].body = mutator.change(chunks[index].body, corpus)
      }
    }
    return chunks
  }

  private static func chunks(of bytes: [UInt8]) -> [Chunk] {
    var found: [Chunk] = []
    var position = signature.count
    while position + 12 <= bytes.count {
      let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      guard position + 12 + length <= bytes.count else { break }
      found.append(
        Chunk(
          type: Array(bytes[position + 4..<position + 8]),
          body: Array(bytes[position + 8..<position + 8 + length])))
      position += 12 + length
    }
    return found
  }

  // MARK: - Files written anew

  /// A header, and the inflated rows that belong to it, most of the time.
  private static func pictureChunks(_ mutator: inout Mutator) -> [Chunk] {
    let kinds: [(type: UInt8, depths: [UInt8], channels: Int)] = [
      (0, [1, 2, 4, 8, 16], 1), (2, [8, 16], 3), (3, [1, 2, 4, 8], 1), (4, [8, 16], 2), (6, [8, 16], 4),
    ]
    let kind = mutator.element(kinds)
    let depth = mutator.once(in: 20) ? mutator.byte() : mutator.element(kind.depths)
    let width = mutator.integer(1...20)
    let height = mutator.integer(1...20)
    let isInterlaced = mutator.once(in: 2)
    var header = bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [depth, kind.type, 0, 0, isInterlaced ? 1 : 0]
    if mutator.once(in: 12) { header[mutator.integer(0...12)] = mutator.byte() }

    var rows: [UInt8] = []
    let bits = kind.channels * Int(depth)
    for (passWidth, passHeight) in passes(width, height, isInterlaced) {
      for _ in 0..<passHeight {
        rows.append(mutator.once(in: 200) ? mutator.byte() : UInt8(mutator.integer(0...4)))
        rows += mutator.bytes((passWidth * bits + 7) / 8)
      }
    }
    switch mutator.integer(0...7) {
    case 0: rows.removeLast(mutator.integer(0...rows.count))
    case 1: rows += mutator.bytes(mutator.integer(1...300))
    default: break
    }
    var packed = zlib(rows, wrongSum: mutator.once(in: 20))
    if mutator.once(in: 5) { packed = mutator.change(packed, [packed]) }

    var chunks = [Chunk(type: Array("IHDR".utf8), body: header)]
    if kind.type == 3 || mutator.once(in: 20) {
      let colours = mutator.once(in: 8) ? mutator.integer(0...300) : 1 << min(8, Int(depth))
      let body = mutator.bytes(3 * colours + (mutator.once(in: 20) ? 1 : 0))
      chunks.append(Chunk(type: Array("PLTE".utf8), body: body))
    }
    if mutator.once(in: 3) {
      let right = kind.type == 0 ? 2 : kind.type == 2 ? 6 : mutator.integer(0...16)
      let body = mutator.bytes(mutator.once(in: 6) ? mutator.integer(0...300) : right)
      chunks.append(Chunk(type: Array("tRNS".utf8), body: body))
    }
    let cut = mutator.once(in: 3) ? mutator.integer(0...packed.count) : packed.count
    chunks.append(Chunk(type: Array("IDAT".utf8), body: Array(packed[..<cut])))
    if cut < packed.count { chunks.append(Chunk(type: Array("IDAT".utf8), body: Array(packed[cut...]))) }
    return chunks + [Chunk(type: Array("IEND".utf8), body: [])]
  }

  /// Extents of Adam7's reduced pictures, or of the whole one.
  private static func passes(_ width: Int, _ height: Int, _ isInterlaced: Bool) -> [(Int, Int)] {
    guard isInterlaced else { return [(width, height)] }
    let starts = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    return starts.map { x, y, across, down in
      (max(0, (width - x + across - 1) / across), max(0, (height - y + down - 1) / down))
    }
    .filter { $0.0 > 0 && $0.1 > 0 }
  }

  /// A zlib stream of stored blocks (RFC 1950, RFC 1951).
  static func zlib(_ bytes: [UInt8], wrongSum: Bool = false) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    var rest = bytes[...]
    repeat {
      let block = rest.prefix(65_535)
      rest = rest.dropFirst(block.count)
      let length = UInt16(block.count)
      stream += [rest.isEmpty ? 1 : 0]
      stream += [UInt8(length & 255), UInt8(length >> 8), UInt8(~length & 255), UInt8(~length >> 8)] + block
    } while !rest.isEmpty
    var (low, high): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      low = (low + UInt32(byte)) % 65_521
      high = (high + low) % 65_521
    }
    return stream + bigEndian((high << 16 | low) &+ (wrongSum ? 1 : 0))
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
  }

  /// PNG specification, annex D.
  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes { crc = table[Int((crc ^ UInt32(byte)) & 255)] ^ (crc >> 8) }
    return ~crc
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
  }
}
