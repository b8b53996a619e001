import Images

/// The direction of a fast gradient sign attack: sign(g) of every value of an image, (3, height, width) or of a grey one
/// (1, height, width), row-major.
///
/// With the photograph it gives every attacked image again, to half a grey level: x' = clamp(x + epsilon sign(g), 0, 1).
public struct PerturbationSigns: Sendable, Hashable {
  /// In pixels.
  public let height: Int
  /// In pixels.
  public let width: Int
  /// -1, 0 or 1.
  public let values: [Int8]

  /// - Parameter gradient: (3, height, width) or (1, height, width), row-major.
  /// - Precondition: as many values as that.
  public init(height: Int, width: Int, gradient: [Float]) {
    precondition(
      gradient.count == 3 * height * width || gradient.count == height * width,
      "\(gradient.count) values are not (3, \(height), \(width)) or (1, \(height), \(width))")
    self.height = height
    self.width = width
    values = gradient.map { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }
  }

  /// Whether the gradient was 0 everywhere: such an attack changes nothing.
  public var isZero: Bool { values.allSatisfy { $0 == 0 } }

  // MARK: - Packed

  /// A bit for each value, the lowest of a byte first: 1 where the sign is positive. Then, only when there is a 0 among
  /// the values, a bit for each once more: 1 where it is 0. Signs of gradients look like noise to any packer: this is
  /// as small as they get.
  public var packed: [UInt8] {
    let plane = { (isSet: (Int8) -> Bool) -> [UInt8] in
      var bytes = [UInt8](repeating: 0, count: (values.count + 7) / 8)
      for (index, value) in values.enumerated() where isSet(value) { bytes[index / 8] |= 1 << UInt8(index % 8) }
      return bytes
    }
    return plane { $0 > 0 } + (values.contains(0) ? plane { $0 == 0 } : [])
  }

  /// - Returns: nil for bytes that are not as many as the size asks for.
  public init?(height: Int, width: Int, packed: [UInt8]) {
    guard (1...100_000).contains(height), (1...100_000).contains(width) else { return nil }
    // How many channels there are shows in how many bytes there are, but in pictures of a few pixels, which no network takes.
    let counts = [3 * height * width] + (height * width >= 64 ? [height * width] : [])
    func plane(_ count: Int) -> Int { (count + 7) / 8 }
    guard let count = counts.first(where: { [plane($0), 2 * plane($0)].contains(packed.count) }) else { return nil }
    let plane = plane(count)
    let hasZeros = packed.count > plane
    self.height = height
    self.width = width
    values = (0..<count).map { index in
      let bit = UInt8(1) << UInt8(index % 8)
      if hasZeros, packed[plane + index / 8] & bit != 0 { return 0 }
      return packed[index / 8] & bit != 0 ? 1 : -1
    }
  }

  // MARK: - Pictures

  /// The attacked photograph.
  /// - Parameter photograph: 8-bit, of this size.
  /// - Returns: nil when it has another size.
  public func attacked(_ photograph: RGBImage, epsilon: Double) -> RGBImage? {
    mapped(photograph) { x, sign in Self.attack(x, sign, epsilon) }
  }

  /// x' - x, so many times greater and around middle grey; what lies beyond black or white is cut off.
  /// - Parameter photograph: 8-bit, of this size.
  /// - Returns: nil when it has another size.
  public func difference(_ photograph: RGBImage, epsilon: Double, times factor: Double) -> RGBImage? {
    mapped(photograph) { x, sign in 0.5 + factor * (Self.attack(x, sign, epsilon) - x) }
  }

  private static func attack(_ x: Double, _ sign: Int8, _ epsilon: Double) -> Double {
    min(1, max(0, x + epsilon * Double(sign)))
  }

  private func mapped(_ photograph: RGBImage, _ value: (Double, Int8) -> Double) -> RGBImage? {
    guard photograph.width == width, photograph.height == height else { return nil }
    var pixels = photograph.pixels
    let area = width * height
    // Of a grey photograph the three channels are one.
    let step = values.count == area ? 0 : area
    for index in 0..<area {
      for channel in 0..<3 {
        let new = value(Double(pixels[3 * index + channel]) / 255, values[channel * step + index])
        pixels[3 * index + channel] = UInt8((min(1, max(0, new)) * 255).rounded())
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }
}
