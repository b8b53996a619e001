import Graphs
import Support
import Tensors

/// What a model asks of its image.
public struct GraphInput: Sendable, Hashable {
  /// Nil where the file leaves it open and no convolution says it.
  public let channels: Int?
  /// Nil where any will do.
  public let height: Int?
  /// Nil where any will do.
  public let width: Int?
  /// Whether channels stand behind height and width.
  public let hasChannelsLast: Bool
  /// For how many images at once the file was exported; nil where it leaves that open, or has none.
  let batch: Int?
  /// How many axes the model's input has: 4, or 3 for one without a batch.
  let rank: Int

  /// - Parameter asked: channels, where the caller knows them.
  /// - Throws: `Problem` for an input that is no image.
  init(_ file: ONNXFile, channels asked: Int? = nil) throws(Problem) {
    guard let input = file.inputs.first else {
      throw .usage(at: Place(file: file.path), "expected one input, found none")
    }
    func wrong(_ expected: String) -> Problem {
      .usage(
        at: input.place, "the network's input is \(input.summary), expected \(expected)",
        remedy: "Export the network as one of a single image: batch x channels x height x width.")
    }
    if let type = input.dataType, type.reading != .floats { throw wrong("floating-point numbers") }
    guard let dimensions = input.dimensions else { throw wrong("a shape: batch x channels x height x width") }
    guard (3...4).contains(dimensions.count) else { throw wrong("batch x channels x height x width") }
    rank = dimensions.count
    if dimensions.count == 4, case .fixed(let count) = dimensions[0] { batch = count } else { batch = nil }
    let extents = dimensions.suffix(3).map { dimension -> Int? in
      if case .fixed(let extent) = dimension { extent } else { nil }
    }
    let first = Self.channelsOfFirstConvolution(file)
    hasChannelsLast = Self.hasChannelsLast(extents, asked: asked, first: first)
    channels = hasChannelsLast ? extents[2] : extents[0] ?? first
    height = extents[hasChannelsLast ? 0 : 1]
    width = extents[hasChannelsLast ? 1 : 2]
  }

  private static func hasChannelsLast(_ extents: [Int?], asked: Int?, first: Int?) -> Bool {
    if let asked, extents[0] != extents[2] { return extents[2] == asked && extents[0] != asked }
    let isColour = { (extent: Int?) in extent == 1 || extent == 3 }
    return !isColour(extents[0]) && isColour(extents[2]) && first == nil
  }

  /// Where the first convolution takes the image itself.
  private static func channelsOfFirstConvolution(_ file: ONNXFile) -> Int? {
    guard let input = file.inputs.first else { return nil }
    for node in file.nodes where node.opType == "Conv" && node.inputs.first == input.name && node.inputs.count > 1 {
      guard let weights = file.initializers[node.inputs[1]], weights.shape.rank >= 2 else { continue }
      var groups = 1
      if case .int(let found) = node.attributes["group"] { groups = Int(clamping: found) }
      let (channels, overflows) = weights.shape[1].multipliedReportingOverflow(by: groups)
      return overflows ? nil : channels
    }
    return nil
  }

  /// The shape that the model gives its image.
  func shape(channels: Int, height: Int, width: Int) -> [Int] {
    let map = hasChannelsLast ? [height, width, channels] : [channels, height, width]
    return rank == 4 ? [1] + map : map
  }

  /// The image, (channels, height, width), as the model's input.
  func value(channels: Int, height: Int, width: Int) -> Traced {
    let own = hasChannelsLast ? [1, 2, 0] : [0, 1, 2]
    return Traced(
      node: 0, shape: shape(channels: channels, height: height, width: width), axes: rank == 4 ? [-1] + own : own)
  }
}

extension ONNXFile {
  /// What the graph asks of its image; nil where its input is none.
  public var image: GraphInput? { try? GraphInput(self) }
}

extension GraphInput {
  /// Height and width where they are fixed and the same.
  public var size: Int? { height == width ? height : nil }

  /// "3 x 224 x 224", "3 x ? x ?"
  public var description: String {
    [channels, height, width].map { $0.map(String.init) ?? "?" }.joined(separator: " x ")
  }
}
