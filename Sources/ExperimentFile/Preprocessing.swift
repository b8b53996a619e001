import Images
import Support

/// What networks are usually fed with, by who trained them: ONNX files do not say it, so that messages and `init` offer these to
/// choose from.
public struct Preprocessing: Sendable {
  /// As `init --preprocessing` takes it.
  public let key: String
  /// Whose networks it is of, in words.
  public let title: String
  /// Of three channels, or of one that stands for any number.
  public let normalisation: Normalisation
  /// Height and width that goes with it where the graph leaves them open, in pixels.
  public let size: Int

  /// Those to choose from.
  public static let all = Registry<Preprocessing>(
    "preprocessing",
    [
      Preprocessing(
        "torchvision", "torchvision and most of timm", mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]),
      Preprocessing(
        "symmetric", "timm's Inception, tf_ and ViT-like networks: [-1, 1]", mean: [0.5, 0.5, 0.5],
        std: [0.5, 0.5, 0.5]),
      Preprocessing(
        "keras-caffe", "Keras: VGG, ResNet (preprocess_input of mode caffe)", mean: [103.939, 116.779, 123.68],
        std: [1, 1, 1], channels: .bgr, range: 255),
      Preprocessing(
        "keras-tf", "Keras: Inception, Xception, MobileNet, ResNetV2 (mode tf)", mean: [127.5, 127.5, 127.5],
        std: [127.5, 127.5, 127.5], range: 255),
      Preprocessing(
        "arcface", "InsightFace, ArcFace", mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5], range: 255,
        size: 112),
      Preprocessing(
        "facenet", "facenet-pytorch", mean: [127.5, 127.5, 127.5], std: [128, 128, 128], range: 255, size: 160),
      Preprocessing(
        "vggface", "keras-vggface: VGG16", mean: [93.594, 104.7624, 129.1863], std: [1, 1, 1], channels: .bgr,
        range: 255),
      Preprocessing(
        "vggface2", "keras-vggface: ResNet50, SENet50", mean: [91.4953, 103.8827, 131.0912], std: [1, 1, 1],
        channels: .bgr, range: 255),
      Preprocessing("unit", "pixels in [0, 1] as they are", mean: [0, 0, 0], std: [1, 1, 1]),
      Preprocessing(
        "bytes", "pixels in [0, 255] as they are: the graph normalises", mean: [0, 0, 0], std: [1, 1, 1], range: 255),
    ]
  ) { $0.key }

  private init(
    _ key: String, _ title: String, mean: [Double], std: [Double], channels: ChannelOrder = .rgb, range: Double = 1,
    size: Int = 224
  ) {
    self.key = key
    self.title = title
    self.size = size
    normalisation = Normalisation(mean: mean, standardDeviation: std, channels: channels, range: range)
  }

  /// Whether messages offer it, which have room for the usual ones.
  var isOffered: Bool { ["torchvision", "keras-caffe", "keras-tf", "arcface", "vggface", "unit"].contains(key) }

  /// For so many channels.
  /// - Returns: nil where grey has no such thing: colours are treated apart.
  package func normalisation(channels: Int) -> Normalisation? {
    guard channels == 1 else { return normalisation }
    let (mean, deviation) = (Set(normalisation.mean), Set(normalisation.standardDeviation))
    guard let mean = mean.first, let deviation = deviation.first, Set(normalisation.mean).count == 1 else { return nil }
    return Normalisation(mean: [mean], standardDeviation: [deviation], range: normalisation.range)
  }

  /// As an experiment file has it: `{size: 224, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}`.
  /// - Parameter size: in pixels; of the preprocessing's own networks unless given.
  /// - Returns: nil where grey has no such thing.
  package func written(size: Int?, channels: Int) -> String? {
    normalisation(channels: channels).map { normalisation in
      var keys = [
        "size: \(size ?? self.size)", "mean: \(Self.list(normalisation.mean))",
        "std: \(Self.list(normalisation.standardDeviation))",
      ]
      if normalisation.channels != .rgb { keys.append("channels: \(normalisation.channels.rawValue)") }
      if normalisation.range != 1 { keys.append("range: \(numberText(normalisation.range))") }
      return "{\(keys.joined(separator: ", "))}"
    }
  }

  /// Of colour at the usual size.
  var example: String { written(size: nil, channels: 3) ?? "" }

  private static func list(_ numbers: [Double]) -> String {
    "[\(numbers.map(numberText).joined(separator: ", "))]"
  }
}
