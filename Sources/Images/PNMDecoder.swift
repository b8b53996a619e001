import Support

/// Decodes portable grey maps and pixel maps (netpbm's P2, P3, P5, P6), with comments and maxima up to 65535.
///
/// A value becomes round(value / maximum * 255), halves to even, as in Pillow. Of a file with several pictures the
/// first is read.
struct PNMDecoder {
  private let bytes: [UInt8]
  private let name: String
  private let limits: DecodingLimits
  private var position = 2

  init(bytes: [UInt8], name: String, limits: DecodingLimits) {
    self.bytes = bytes
    self.name = name
    self.limits = limits
  }

  mutating func decode() throws(Problem) -> RGBImage {
    let isText = bytes[1] == UInt8(ascii: "2") || bytes[1] == UInt8(ascii: "3")
    let channels = bytes[1] == UInt8(ascii: "3") || bytes[1] == UInt8(ascii: "6") ? 3 : 1
    let width = try number("the width")
    let height = try number("the height")
    try limits.check(width: width, height: height, at: Place(file: name, byte: 0))
    let maximum = try number("the maximum")
    guard (1...65535).contains(maximum) else {
      throw .failure(at: here, "the maximum is \(maximum); expected 1 to 65535")
    }
    let scaled = (0...maximum).map { value in
      UInt8((Double(value) / Double(maximum) * 255).rounded(.toNearestOrEven))
    }
    let count = width * height * channels
    let samples =
      isText
      ? try textSamples(count, scaled: scaled) : try binarySamples(count, scaled: scaled)
    let pixels = channels == 3 ? samples : Self.repeatedThrice(samples)
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  private mutating func textSamples(_ count: Int, scaled: [UInt8]) throws(Problem) -> [UInt8] {
    // Each number takes at least a digit and a separator, the last one a digit.
    guard bytes.count - position >= 2 * count else { throw truncated(at: bytes.count) }
    var samples: [UInt8] = []
    samples.reserveCapacity(count)
    for _ in 0..<count {
      let value = try number("a sample")
      guard value < scaled.count else {
        throw .failure(at: here, "the sample \(value) is larger than the file's maximum, \(scaled.count - 1)")
      }
      samples.append(scaled[value])
    }
    return samples
  }

  private func binarySamples(_ count: Int, scaled: [UInt8]) throws(Problem) -> [UInt8] {
    let bytesPerSample = scaled.count > 256 ? 2 : 1
    // One white space byte separates the header from the samples; a second one would be a sample.
    let start = position + 1
    guard position < bytes.count, isWhiteSpace(bytes[position]) else { throw truncated(at: position) }
    guard bytes.count - start >= count * bytesPerSample else { throw truncated(at: bytes.count) }
    var output = [UInt8](repeating: 0, count: count)
    var target = output.mutableSpan
    let input = bytes.span.extracting(start..<start + count * bytesPerSample)
    let scaled = scaled.span
    let largest = scaled.count - 1
    for index in target.indices {
      let offset = index &* bytesPerSample
      let value = bytesPerSample == 1 ? Int(input[offset]) : Int(input[offset]) << 8 | Int(input[offset &+ 1])
      target[index] = scaled[min(value, largest)]
    }
    return output
  }

  private static func repeatedThrice(_ samples: [UInt8]) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: 3 * samples.count)
    var target = output.mutableSpan
    for (index, sample) in samples.enumerated() {
      target[3 &* index] = sample
      target[3 &* index &+ 1] = sample
      target[3 &* index &+ 2] = sample
    }
    return output
  }

  /// The next decimal number, past white space and comments.
  private mutating func number(_ what: String) throws(Problem) -> Int {
    while position < bytes.count, isWhiteSpace(bytes[position]) || bytes[position] == UInt8(ascii: "#") {
      if bytes[position] == UInt8(ascii: "#") {
        while position < bytes.count, bytes[position] != 0x0A, bytes[position] != 0x0D { position += 1 }
      } else {
        position += 1
      }
    }
    guard position < bytes.count else { throw truncated(at: position) }
    let start = position
    var value = 0
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
      value = value * 10 + Int(bytes[position] - 0x30)
      position += 1
      guard value <= 1_000_000_000 else { break }
    }
    let isEnded = position == bytes.count || isWhiteSpace(bytes[position]) || bytes[position] == UInt8(ascii: "#")
    guard position > start, isEnded else {
      throw .failure(at: Place(file: name, byte: start), "expected \(what), a decimal number of at most 9 digits")
    }
    return value
  }

  private var here: Place { Place(file: name, byte: position) }

  private func truncated(at byte: Int) -> Problem {
    .failure(
      at: Place(file: name, byte: byte), "the picture ends before its last sample",
      remedy: "The file is truncated: fetch or save it again.")
  }
}
