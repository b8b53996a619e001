import Tensors

extension RGBImage {
  /// (3, H, W), values n/255.
  public var tensor: Tensor {
    let count = width * height
    let values = unsafe [Float](unsafeUninitializedCapacity: 3 * count) { output, initialised in
      unsafe pixels.withUnsafeBufferPointer { input in
        for index in 0..<count {
          for channel in 0..<3 {
            unsafe output[channel &* count &+ index] = unsafe Float(input[3 &* index &+ channel]) / 255
          }
        }
      }
      initialised = 3 * count
    }
    return Tensor(shape: [3, height, width], values: values)
  }

  /// 8 bits from values in [0, 1]: round(255 x), clamped; a value that is not a number becomes 0.
  /// - Parameter tensor: (3, H, W), or (1, H, W) for a grey picture.
  public init(tensor: Tensor) {
    let shape = tensor.shape
    precondition(
      shape.rank == 3 && (shape[0] == 3 || shape[0] == 1), "a picture is (3, H, W) or (1, H, W), not \(shape)")
    let count = shape[1] * shape[2]
    let step = shape[0] == 3 ? count : 0
    let pixels = unsafe [UInt8](unsafeUninitializedCapacity: 3 * count) { output, initialised in
      unsafe tensor.values.withUnsafeBufferPointer { input in
        for index in 0..<count {
          for channel in 0..<3 {
            // max before min, in this order, turns NaN into 0.
            let value = unsafe max(0, input[channel &* step &+ index])
            // Exactly `rounded()`, without its call into the C library on processors that lack the instruction.
            unsafe output[3 &* index &+ channel] = UInt8(Double(min(value, 1) * 255) + 0.5)
          }
        }
      }
      initialised = 3 * count
    }
    self.init(width: shape[2], height: shape[1], pixels: pixels)
  }

  /// A picture of values in [0, 1] in the colours of a map.
  /// - Parameter map: Rows from the top, width x height values.
  public init(map: [Float], width: Int, height: Int, colours: ColourMap) {
    precondition(map.count == width * height, "\(map.count) values are not a map of \(width) x \(height)")
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * map.count)
    for value in map {
      let colour = colours.rgb(Double(value))
      pixels.append(colour.red)
      pixels.append(colour.green)
      pixels.append(colour.blue)
    }
    self.init(width: width, height: height, pixels: pixels)
  }

  /// The picture at another size, by antialiased bilinear resizing (`Resize`).
  /// - Precondition: The picture and the new size have at least one pixel.
  public func resized(width: Int, height: Int) -> RGBImage {
    precondition(self.width > 0 && self.height > 0 && width > 0 && height > 0, "a picture needs at least 1 x 1 pixels")
    return RGBImage(
      tensor: Resize.bilinear(
        self, columns: TriangleWeights(from: self.width, to: width),
        rows: TriangleWeights(from: self.height, to: height)))
  }
}
