import Foundation

/// What PyTorch computed for one network in double precision, and how far its own single precision is from that: see
/// `Scripts/goldens/golden_networks.py`.
public struct NetworkGolden: Decodable, Sendable {
  public struct Layer: Decodable, Sendable {
    public let name: String
    public let height: Int
    public let width: Int
    public let stride: Int
    public let norm: Double
    public let values: PackedFloats
    /// PyTorch's own relative error in single precision.
    public let errorOfPyTorch: Double
  }

  public let architecture: String
  /// Nil for the standard one.
  public let variant: String?
  /// "timm" where the weights have timm's names and shapes instead of torchvision's.
  public let names: String?
  public let width: Double
  public let hiddenFeatures: Int
  public let inputSize: Int
  /// Which generated image.
  public let image: String
  public let classes: Int
  public let logits: PackedFloats
  public let logitsOfPyTorch: Double
  public let explainedClass: Int
  public let label: Int
  public let epsilon: Double
  public let gradientStride: Int
  public let gradient: PackedFloats
  public let gradientNorm: Double
  public let gradientOfPyTorch: Double
  public let equalSignsOfPyTorch: Double
  /// Where the gradient is positive, a bit for each value, the lowest of a byte first.
  public let positive: Data
  /// Where it is negative.
  public let negative: Data
  public let layers: [Layer]
  public let attackedLogits: PackedFloats
  public let attackedLogitsOfPyTorch: Double
  public let attackedClass: Int
  public let heatmapStride: Int
  public let heatmap: PackedFloats
  public let heatmapOfPyTorch: Double
  public let ssim: Double
  public let ssimOfPyTorch: Double

  public init(_ architecture: String, in folder: URL) throws {
    let data = try Data(contentsOf: folder.appendingPathComponent("\(architecture).json"))
    self = try JSONDecoder().decode(NetworkGolden.self, from: data)
  }

  /// The attacked image, x' = clamp(x + epsilon sign(g), 0, 1), by the golden's own signs.
  public func attacked(_ image: [Float]) -> [Float] {
    image.enumerated().map { index, value in min(1, max(0, value + Float(epsilon) * sign(index))) }
  }

  /// Of one value of the gradient: 1, -1 or 0.
  public func sign(_ index: Int) -> Float {
    let bit = UInt8(1) << UInt8(index % 8)
    return positive[index / 8] & bit != 0 ? 1 : negative[index / 8] & bit != 0 ? -1 : 0
  }
}

/// Little-endian Float32 values in base 64.
public struct PackedFloats: Decodable, Sendable {
  public let values: [Float]

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let data = Data(base64Encoded: try container.decode(String.self)), data.count % 4 == 0 else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no base 64 of Float32 values")
    }
    values = stride(from: 0, to: data.count, by: 4).map { offset in
      Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[offset + $1]) << (8 * $1) })
    }
  }
}

/// The measurement protocol's bounds (section 8): the larger of the table's and twice PyTorch's own error.
public func bound(_ table: Double, ofPyTorch error: Double) -> Double { max(table, 2 * error) }

/// norm(a - b) / norm(b)
public func relativeError(_ a: [Float], _ b: [some BinaryFloatingPoint]) -> Double {
  precondition(a.count == b.count)
  let difference = zip(a, b).reduce(0.0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
  return (difference / b.reduce(0.0) { $0 + Double($1) * Double($1) }).squareRoot()
}

public func norm(_ values: [Float]) -> Double {
  values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
}

/// Every n-th value.
public func sampled(_ values: [Float], every stride: Int) -> [Float] {
  Swift.stride(from: 0, to: values.count, by: stride).map { values[$0] }
}
