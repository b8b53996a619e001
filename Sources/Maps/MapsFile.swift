import Explanations
import Images
import Results
import Support
import Tensors
import Weights

/// One file of maps that were computed elsewhere: of some images at some levels what the network answered, and the raw maps.
///
///     let file = try MapsFile("vit/maps-00001.safetensors")
///     file.description.images[0].image                       // "s1/10.pgm"
///     try file.map(image: 0, level: 0, explanation: 0, target: 0, layer: "blocks.11")
///
/// It is a safetensors file; names, shapes and types of its tensors are held to what the file says of itself before a value is
/// used, and values are read image by image.
public final class MapsFile: Sendable {
  /// As it was given.
  public let path: String
  /// What it says of itself.
  public let description: MapsDescription
  /// Held to what was opened.
  public var held: HeldFile { tensors.held }
  /// Whether it has pictures of the network's inputs.
  public let hasInputs: Bool

  private let tensors: SafetensorsFile
  /// How many classes each answer has: all of them for logits, fewer for the highest alone.
  private let answerCount: Int
  private let hasLogits: Bool
  /// Rows and columns of each layer's maps.
  private let extents: [String: (height: Int, width: Int)]

  private static let logits = "logits"
  private static let topClasses = "top_classes"
  private static let topProbabilities = "top_probabilities"
  private static let inputs = "inputs"
  private static let mapsPrefix = "maps."
  static let kind = "file of maps"
  /// Of the text about the maps: some 200,000 images.
  private static let mostText = 32 << 20
  static let remedy = "Write it with Python/heatdrift_maps.py, or as Documentation/Maps.md describes it."

  /// Opens the file and checks what it says of itself, and its tensors' names, types and shapes.
  /// - Throws: `Problem` of kind `.usage` for a file that is missing or another format, `.failure` for a damaged one.
  public init(_ path: String, for purpose: HeldFile.Purpose = .reading) throws(Problem) {
    let held = try HeldFile(path: path, kind: Self.kind, for: purpose)
    let tensors = try SafetensorsFile(held, expected: "a file of maps (safetensors)")
    guard let text = tensors.metadata[MapsDescription.key] else {
      throw .usage(
        at: Place(file: path),
        "expected a file of maps, found a safetensors file without `\(MapsDescription.key)` in its metadata",
        remedy: tensors.tensorNames.contains { $0.hasSuffix(".weight") }
          ? "It holds a network's weights: name it as `weights` beside an `architecture`." : Self.remedy)
    }
    guard text.utf8.count <= Self.mostText else {
      throw .failure(
        at: Place(file: path),
        "what the file says of its maps has \(text.utf8.count) bytes, of at most \(Self.mostText)",
        remedy: "Write fewer images into each of several files of one folder.")
    }
    let description = try MapsDescription(text, file: path)
    self.path = path
    self.tensors = tensors
    self.description = description
    let check = TensorCheck(tensors: tensors, path: path)
    let rows = [description.images.count, description.levels.count]
    hasLogits = tensors.shape(of: Self.logits) != nil
    var known: Set<String> = []
    if hasLogits {
      known.insert(Self.logits)
      _ = try check.shape(Self.logits, rows + [description.classCount], \.isReadable)
      answerCount = description.classCount
      if tensors.shape(of: Self.topClasses) != nil || tensors.shape(of: Self.topProbabilities) != nil {
        throw check.problem("it has `\(Self.logits)` and the highest classes as well: one of them is enough")
      }
    } else {
      guard tensors.shape(of: Self.topClasses) != nil else {
        throw check.problem(
          "it has neither `\(Self.logits)` nor `\(Self.topClasses)` with `\(Self.topProbabilities)`: what the network answered is "
            + "missing")
      }
      known.formUnion([Self.topClasses, Self.topProbabilities])
      let shape = try check.shape(Self.topClasses, rows + [nil]) { $0 == .int32 || $0 == .int64 }
      answerCount = shape[2]
      guard (1...min(ClassScores.count, description.classCount)).contains(answerCount) else {
        throw check.problem(
          "`\(Self.topClasses)` has \(answerCount) classes of an image, expected 1 to \(min(ClassScores.count, description.classCount))"
        )
      }
      _ = try check.shape(Self.topProbabilities, rows + [answerCount], \.isReadable)
    }
    var extents: [String: (height: Int, width: Int)] = [:]
    for layer in description.layers {
      let name = Self.mapsPrefix + layer
      known.insert(name)
      let shape = try check.shape(
        name, rows + [description.explanations.count, description.targets.count, nil, nil], \.isReadable)
      let sides = 1...MapsDescription.mostPixels
      guard sides.contains(shape[4]), sides.contains(shape[5]) else {
        throw check.problem(
          "`\(printable(name))` has maps of \(shape[4]) x \(shape[5]), expected 1 to \(sides.upperBound)")
      }
      extents[layer] = (shape[4], shape[5])
    }
    self.extents = extents
    hasInputs = tensors.shape(of: Self.inputs) != nil
    if hasInputs {
      known.insert(Self.inputs)
      _ = try check.shape(Self.inputs, rows + [3, description.input.size, description.input.size]) { $0 == .uint8 }
    }
    if let other = tensors.tensorNames.first(where: { !known.contains($0) }) {
      throw check.problem(
        "the tensor `\(printable(other))` is none that such a file has. \(suggestion(for: printable(other), among: known.sorted()))"
      )
    }
  }

  // MARK: - Reading

  /// Elements before those of an image at a level.
  private func start(_ image: Int, _ level: Int, each: Int) -> Int { (image * description.levels.count + level) * each }

  /// What the network answered.
  /// - Parameters:
  ///   - image: into `description.images`.
  ///   - level: into `description.levels`.
  /// - Throws: `Problem` of kind `.numbers` for values that are none, with the image and the level.
  public func answer(image: Int, level: Int) throws(Problem) -> MapsAnswer {
    let from = start(image, level, each: answerCount)
    let elements = from..<from + answerCount
    do {
      guard !hasLogits else { return try MapsAnswer(logits: tensors.values(Self.logits, in: elements)) }
      return try MapsAnswer(
        classes: tensors.integers(Self.topClasses, in: elements),
        probabilities: tensors.values(Self.topProbabilities, in: elements), classCount: description.classCount)
    } catch {
      throw named(error, image, level)
    }
  }

  /// A raw map.
  /// - Parameters:
  ///   - image: into `description.images`; the others likewise, and the layer by its name.
  /// - Throws: `Problem` of kind `.numbers` for a value that is NaN, infinite or negative.
  public func map(
    image: Int, level: Int, explanation: Int, target: Int, layer: String
  ) throws(Problem) -> RawMap {
    guard let (height, width) = extents[layer] else {
      throw .failure("there are no maps of the layer \(printable(layer))")
    }
    let series = explanation * description.targets.count + target
    let each = description.explanations.count * description.targets.count
    let from = (start(image, level, each: each) + series) * height * width
    let values = try tensors.values(Self.mapsPrefix + layer, in: from..<from + height * width)
    if let place = values.firstIndex(where: { !($0.isFinite && $0 >= 0) }) {
      throw named(
        .numbers(
          at: Place(file: path, tensor: Self.mapsPrefix + layer),
          "the map by \(printable(description.explanations[explanation])) of \(description.targets[target].rawValue) has the value "
            + "\(values[place]) at row \(place / width), column \(place % width)",
          remedy: values[place] < 0
            ? "A raw map is cut at 0, as class activation maps are: numpy.maximum(map, 0)."
            : "Look for NaN and infinity where the map was computed."), image, level)
    }
    return RawMap(height: height, width: width, values: values)
  }

  /// The picture that the network was given, (3, S, S) in the file, 8-bit.
  /// - Returns: nil where the file has none.
  public func input(image: Int, level: Int) throws(Problem) -> RGBImage? {
    guard hasInputs else { return nil }
    let size = description.input.size
    let area = size * size
    let from = start(image, level, each: 3 * area)
    let planes = try tensors.bytes(Self.inputs, in: from..<from + 3 * area)
    var pixels = [UInt8](repeating: 0, count: 3 * area)
    for channel in 0..<3 { for place in 0..<area { pixels[3 * place + channel] = planes[channel * area + place] } }
    return RGBImage(width: size, height: size, pixels: pixels)
  }

  /// Reads every answer and map once.
  /// - Throws: `Problem` of the first value that is none.
  public func checkValues() throws(Problem) {
    for image in description.images.indices {
      for level in description.levels.indices {
        _ = try answer(image: image, level: level)
        for layer in description.layers {
          for explanation in description.explanations.indices {
            for target in description.targets.indices {
              _ = try map(image: image, level: level, explanation: explanation, target: target, layer: layer)
            }
          }
        }
      }
    }
  }

  /// Rows and columns of a layer's maps.
  public func extent(of layer: String) -> (height: Int, width: Int)? { extents[layer] }

  /// Whether answers are of all classes.
  public var hasAllClasses: Bool { hasLogits }

  private func named(_ problem: Problem, _ image: Int, _ level: Int) -> Problem {
    var problem = problem
    problem.place = problem.place ?? Place(file: path)
    problem.message =
      "\(printable(description.images[image].image)), \(description.levels[level].words): \(problem.message)"
    return problem
  }
}

/// Holds the tensors of a file of maps to what it says of itself.
private struct TensorCheck {
  let tensors: SafetensorsFile
  let path: String

  func problem(_ message: String) -> Problem {
    .failure(at: Place(file: path), message, remedy: MapsFile.remedy)
  }

  /// - Parameter expected: nil for an extent that the tensor itself says.
  /// - Returns: the tensor's extents.
  func shape(
    _ name: String, _ expected: [Int?], _ isOfType: (TensorDataType) -> Bool
  ) throws(Problem) -> [Int] {
    guard let shape = tensors.shape(of: name)?.dimensions, let type = tensors.dataType(of: name) else {
      throw problem("the tensor `\(printable(name))` is missing")
    }
    guard isOfType(type) else {
      throw problem("`\(printable(name))` has values of the type \(type.rawValue), which it may not have")
    }
    guard shape.count == expected.count,
      zip(shape, expected).allSatisfy({ own, wanted in wanted.map { $0 == own } ?? true })
    else {
      let words = expected.map { $0.map(String.init) ?? "any" }.joined(separator: " x ")
      let found = shape.map(String.init).joined(separator: " x ")
      throw problem("`\(printable(name))` has the shape \(found), expected \(words)")
    }
    return shape
  }
}
