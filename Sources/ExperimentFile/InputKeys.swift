import Architectures
import Graphs
import Images
import Support

/// The keys of an `input` mapping: at the top of the file they hold for every model, in a model for that one. What is nil
/// is not said there.
struct InputKeys: Sendable {
  /// A number for each channel, which are checked when it is known in which units they are and how many channels there are.
  struct ChannelValues: Sendable, Hashable {
    var numbers: [Double]
    /// Where the list stands.
    var place: Place
    /// Where they stand.
    var places: [Place]
    /// As they were written.
    var written: [String]
    var name: String

    /// - Throws: `Problem` for another count than that of the network's channels.
    func hold(channels: Int) throws(Problem) {
      guard numbers.count != channels else { return }
      throw InputKeys.wrongCount(numbers.count, name, at: place)
    }

    func numbers(in interval: NumberInterval) throws(Problem) -> [Double] {
      for (index, number) in numbers.enumerated() where !interval.contains(number) {
        throw .usage(
          at: places[index], "`\(name)` must lie in \(interval.words), found \(written[index])",
          remedy: interval.upper == 1 && number > 1 && number <= 255
            ? "Numbers for pixels of 0 to 255 need `range: 255` beside them." : nil)
      }
      return numbers
    }
  }

  enum PixelRange: String, CaseIterable, Sendable {
    case one = "1"
    case twoHundredFiftyFive = "255"
    var value: Double { self == .one ? 1 : 255 }
  }

  /// The margin around the centre, and where it stands.
  struct Resize: Sendable, Hashable {
    var value: Int
    var place: Place
    var name: String
  }

  var size: Int?
  var mean: ChannelValues?
  var standardDeviation: ChannelValues?
  var channels: ChannelOrder?
  var range: PixelRange?
  var fit: InputOptions.Fit?
  var resize: Resize?
  var orientation: OrientationUse?

  static let options: [DeclaredOption<InputKeys>] = [
    // Below 32 pixels no network leaves a map; 4,096 bounds the memory that a file can ask for.
    DeclaredOption(
      "size", \.size, OptionKind.wholeNumber(in: 32...4096).optional(), standard: "the published one",
      example: "size: 224", help: "Height and width of the network's input, in pixels."),
    DeclaredOption(
      "mean", \.mean, .channelValues, standard: "the published one", example: "mean: [0.485, 0.456, 0.406]",
      help: "Of the normalisation, in the order of `channels`, in units of [0, `range`]."),
    DeclaredOption(
      "std", \.standardDeviation, .channelValues, standard: "the published one", example: "std: [0.229, 0.224, 0.225]",
      help: "The same, of the standard deviation."),
    DeclaredOption(
      "channels", \.channels, OptionKind.choice.optional(), standard: "the published one", example: "channels: rgb",
      isRelevant: { $0.mean?.numbers.count != 1 }, help: "The order in which the network takes the colours."),
    DeclaredOption(
      "range", \.range, OptionKind.choice.optional(), standard: "the published one", example: "range: 1",
      help: "What white is to the network before the mean is taken away."),
    DeclaredOption(
      "fit", \.fit, OptionKind.choice.optional(), standard: "squash", example: "fit: squash",
      help: "`squash` scales the sides apart; `crop` the shorter side to `resize` pixels, then the centre is cut out."),
    DeclaredOption(
      "resize", \.resize, .resize, standard: "the published one", example: "resize: 342",
      help: "Of `fit: crop`, in pixels."),
    DeclaredOption(
      "orientation", \.orientation, OptionKind.choice.optional(), standard: "apply", example: "orientation: apply",
      isQuiet: true,
      help: "`ignore` takes photographs as stored, not turned as their EXIF says."),
  ]

  init() {}

  init(_ value: YAMLValue, path: String, _ context: OptionContext) throws(Problem) {
    let keys = try MappingReader(value, path: path, known: Self.options.map(\.name))
    try Self.options.read(keys, context, into: &self)
  }

  /// What an input is, every key said.
  init(_ input: InputOptions) {
    func values(_ numbers: [Double]) -> ChannelValues {
      ChannelValues(numbers: numbers, place: Place(), places: [], written: [], name: "")
    }
    size = input.size
    mean = values(input.normalisation.mean)
    standardDeviation = values(input.normalisation.standardDeviation)
    channels = input.normalisation.channels
    range = input.normalisation.range == 255 ? .twoHundredFiftyFive : .one
    fit = input.fit
    resize = Resize(value: input.resize, place: Place(), name: "")
    orientation = input.orientation
  }

  func overridden(by other: InputKeys) -> InputKeys {
    var keys = self
    keys.size = other.size ?? size
    keys.mean = other.mean ?? mean
    keys.standardDeviation = other.standardDeviation ?? standardDeviation
    keys.channels = other.channels ?? channels
    keys.range = other.range ?? range
    keys.fit = other.fit ?? fit
    keys.resize = other.resize ?? resize
    keys.orientation = other.orientation ?? orientation
    return keys
  }

  func apply(to input: inout InputOptions) throws(Problem) {
    if let size {
      // The published margin around the centre, at another size.
      input.resize = Int((Double(input.resize) * Double(size) / Double(input.size)).rounded())
      input.size = size
    }
    // What the file does not say is as published, written in the order and the units that it does say.
    let published = input.normalisation
    try mean?.hold(channels: published.mean.count)
    try standardDeviation?.hold(channels: published.mean.count)
    let limit = range?.value ?? published.range
    var normalisation = published.written(channels: channels ?? published.channels, range: limit)
    if let mean { normalisation.mean = try mean.numbers(in: .closed(0, limit)) }
    if let standardDeviation {
      // dlib divides the 256 values of a pixel by 256.
      let limit = limit == 255 ? 256 : limit
      normalisation.standardDeviation = try standardDeviation.numbers(in: .above(0, upTo: limit))
    }
    input.normalisation = normalisation
    input.fit = fit ?? input.fit
    input.orientation = orientation ?? input.orientation
    if let resize {
      guard resize.value >= input.size else {
        throw .usage(
          at: resize.place, "`\(resize.name)` must be at least the input size \(input.size), found `\(resize.value)`")
      }
      input.resize = resize.value
    }
  }
}

extension InputKeys {
  fileprivate static func wrongCount(_ count: Int, _ name: String, at place: Place) -> Problem {
    .usage(
      at: place, "`\(name)` must list 3 numbers (one a channel, in the order of `channels`), found \(count)",
      remedy: "They are in units of [0, `range`], for example `[0.485, 0.456, 0.406]` where that is 1.")
  }
}

extension OptionKind<InputKeys.ChannelValues?> {
  fileprivate static var channelValues: OptionKind {
    OptionKind(
      words: "three numbers, or one for grey",
      read: { value, name, context throws(Problem) in
        let items = try context.filled(value).list(name)
        // One number is for the grey images of some networks from ONNX files: which it is is known later.
        guard items.count == 3 || items.count == 1 else {
          throw InputKeys.wrongCount(items.count, name, at: value.place)
        }
        var numbers: [Double] = []
        for item in items { numbers.append(try item.number(name)) }
        return InputKeys.ChannelValues(
          numbers: numbers, place: value.place, places: items.map(\.place), written: items.map(\.description),
          name: name)
      }, written: { $0.map { "[\($0.numbers.map(numberText).joined(separator: ", "))]" } },
      shown: { $0?.numbers.map(numberText).joined(separator: ", ") })
  }
}

extension OptionKind<InputKeys.Resize?> {
  fileprivate static var resize: OptionKind {
    let number = OptionKind<Int>.wholeNumber(in: 32...8192)
    return OptionKind(
      words: number.words,
      read: { value, name, context throws(Problem) in
        InputKeys.Resize(value: try context.filled(value).integer(name, in: 32...8192), place: value.place, name: name)
      }, written: { $0.map { String($0.value) } })
  }
}
