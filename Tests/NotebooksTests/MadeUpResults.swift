import Explanations
import Images
import Results

/// Results that nobody measured, for tests of layout and text: a fixed arithmetic, no chance.
struct MadeUpResults {
  var models = ["vgg16", "resnet50", "resnet101", "inception_v3", "xception"]
  var names = ["VGG16", "ResNet50", "ResNet101", "InceptionV3", "Xception"]
  var imageCount = 40
  var epsilons = [0.005, 0.01, 0.02, 0.05, 0.1]
  var layers = ["last"]
  var targets: [ExplanationTarget] = [.predicted]
  var inputSize = 32
  var photographs: [RGBImage] = []
  /// Of the images at the strongest level; 1 for none.
  var deadEvery = 17
  /// Models whose every map is dead, as with a classifier of 0: no drift, the same class on every image.
  var deadModels: Set<String> = []
  /// Models on whose images the loss has no gradient: nothing moves.
  var unmovedModels: Set<String> = []
  /// False stands for a store of an older version.
  var hasScores = true

  /// In [0, 1), a function of its arguments alone.
  static func noise(_ a: Int, _ b: Int, _ c: Int = 0) -> Double {
    var state = UInt64(bitPattern: Int64(a &* 73_856_093 ^ b &* 19_349_663 ^ c &* 83_492_791)) &+ 0x9E37_79B9_7F4A_7C15
    state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((state ^ (state >> 31)) >> 11) / Double(UInt64(1) << 53)
  }

  /// Of fewer resamples than usual: these tests make many reports.
  var results: ExperimentResults {
    var made = whole
    made.resamples = 400
    return made
  }

  private var whole: ExperimentResults {
    let records = zip(models, names).map { key, name in
      ModelRecord(
        key: key, name: name, architecture: key, width: 0.25, inputSize: inputSize, mean: [0.485, 0.456, 0.406],
        standardDeviation: [0.229, 0.224, 0.225], classCount: 40, parameterCount: 1_234_567,
        weightsFile: "\(key).safetensors", weightsSHA256: String(repeating: "0123456789abcdef", count: 4),
        layers: layers, lastLayer: layers.last ?? "last")
    }
    let images = (0..<imageCount).map { index in
      ImageRecord(path: "s\(index + 1)/10.pgm", label: index, sha256: String(repeating: "fedcba9876543210", count: 4))
    }
    var measurements: [Measurement] = []
    for (m, model) in models.enumerated() {
      for layer in layers {
        for target in targets {
          for (i, image) in images.enumerated() {
            for epsilon in [0] + epsilons {
              measurements.append(row(m, model, layer, target, i, image, epsilon))
            }
          }
        }
      }
    }
    return ExperimentResults(
      title: "ORL faces under FGSM", seed: 7, models: records, images: images,
      classNames: (0..<imageCount).map { "s\($0 + 1)" }, epsilons: epsilons, targets: targets,
      measurements: measurements,
      options: [
        OptionRecord(key: "seed", value: "7"), OptionRecord(key: "data.source", value: "orl"),
        OptionRecord(key: "data.split", value: "test"), OptionRecord(key: "attack.method", value: "fgsm"),
        OptionRecord(key: "attack.epsilons", value: epsilons.map { "\($0)" }.joined(separator: ", ")),
        OptionRecord(key: "attack.loss-label", value: "label"), OptionRecord(key: "attack.quantise", value: "none"),
        OptionRecord(key: "explain.method", value: "grad-cam"),
        OptionRecord(key: "explain.targets", value: targets.map(\.rawValue).joined(separator: ", ")),
        OptionRecord(key: "compare.window", value: "uniform"),
      ]
        + models.flatMap { key in
          [
            OptionRecord(key: "\(key).architecture", value: key), OptionRecord(key: "\(key).width", value: "0.25"),
            OptionRecord(key: "\(key).layers", value: layers.joined(separator: ", ")),
            OptionRecord(key: "\(key).input.size", value: "\(inputSize)"),
            OptionRecord(key: "\(key).input.mean", value: "0.485, 0.456, 0.406"),
            OptionRecord(key: "\(key).input.std", value: "0.229, 0.224, 0.225"),
            OptionRecord(key: "\(key).input.fit", value: "squash"),
          ]
        },
      provenance: [
        ProvenanceEntry(section: "software", name: "Heatdrift", value: "1.0.0"),
        ProvenanceEntry(section: "software", name: "oneDNN", value: "2.6.3"),
        ProvenanceEntry(
          section: "experiment", name: "orl.yaml", value: String(repeating: "0123456789abcdef", count: 4)),
      ]
        + records.map { ProvenanceEntry(section: "weights", name: $0.weightsFile, value: $0.weightsSHA256) }
        + images.map { ProvenanceEntry(section: "data", name: $0.path, value: $0.sha256) },
      skipped: [],
      pictures: MadeUpPictures(
        photographs: photographs, size: inputSize, models: models, hasScores: hasScores))
  }

  private func row(
    _ m: Int, _ model: String, _ layer: String, _ target: ExplanationTarget, _ i: Int, _ image: ImageRecord,
    _ epsilon: Double
  ) -> Measurement {
    if deadModels.contains(model) || unmovedModels.contains(model) {
      let isDead = deadModels.contains(model)
      return Measurement(
        model: model, image: image.path, label: image.label, attack: "fgsm", explanation: "grad-cam", target: target,
        layer: layer, epsilon: epsilon,
        cleanPrediction: isDead ? 0 : i, adversarialPrediction: isDead ? 0 : i, cleanConfidence: isDead ? 0.025 : 1,
        adversarialConfidence: isDead ? 0.025 : 1, dissimilarities: [0], parts: [1], cleanPeak: isDead ? 0 : 1,
        adversarialPeak: isDead ? 0 : 1, cleanClassConfidence: hasScores ? (isDead ? 0.025 : 1) : nil,
        gradientIsZero: hasScores ? true : nil)
    }
    let strength = epsilon == 0 ? 0 : 0.06 + 0.035 * Double(m) + 1.8 * epsilon
    let nissim = min(0.6, strength * (0.4 + 1.2 * Self.noise(i, m)))
    let clean = Self.noise(i, m, 5) < 0.05 ? (i + 3) % imageCount : i
    let flips = epsilon > 0 && Self.noise(i, m, 9) < 4 * epsilon + 0.1 * Double(m)
    let isDead = epsilon == 0.1 && (i + 7 * m) % deadEvery == 3
    return Measurement(
      model: model, image: image.path, label: image.label, attack: "fgsm", explanation: "grad-cam", target: target,
      layer: layer, epsilon: epsilon,
      cleanPrediction: clean, adversarialPrediction: flips ? (i + 1 + m) % imageCount : clean, cleanConfidence: 0.9,
      adversarialConfidence: 0.5, dissimilarities: [nissim], parts: [1 - 2 * nissim], cleanPeak: 1,
      adversarialPeak: isDead ? 0 : Float(1 + epsilon),
      cleanClassConfidence: hasScores ? 0.9 - (epsilon == 0 ? 0 : min(0.9, nissim * (0.5 + Self.noise(i, m, 11)))) : nil
    )
  }
}

/// Two soft spots on a coarse map, moved by the attack.
struct MadeUpPictures: PictureSource {
  var photographs: [RGBImage]
  var size: Int
  var models: [String]
  var hasScores = true

  private func index(_ image: String) -> Int { Int(image.drop { !$0.isNumber }.prefix { $0.isNumber }) ?? 0 }

  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) throws -> RawMap? {
    let seed = index(image)
    let side = 7
    let m = models.firstIndex(of: series.model) ?? 0
    let shift = (epsilon ?? 0) * 25 * MadeUpResults.noise(seed, m, 3)
    var values: [Float] = []
    for y in 0..<side {
      for x in 0..<side {
        var value = 0.0
        for spot in 0..<2 {
          let cx = 6 * MadeUpResults.noise(seed, spot, m) + shift
          let cy = 6 * MadeUpResults.noise(seed, spot + 10, m)
          let distance = (Double(x) - cx) * (Double(x) - cx) + (Double(y) - cy) * (Double(y) - cy)
          value += 1 / (1 + distance * (1 + Double(spot)))
        }
        values.append(Float(value * value))
      }
    }
    return RawMap(height: side, width: side, values: values)
  }

  /// Eight classes: the true one leads on the clean image, and falls with the attack; the next one goes the other way.
  func scores(model: String, image: String, attack: String, epsilon: Double) throws -> ClassScores? {
    guard hasScores else { return nil }
    let label = index(image) - 1
    func logits(_ epsilon: Double) -> [Float] {
      (0..<8).map { Float($0 == label ? 9 - 100 * epsilon : $0 == label + 1 ? 4 + 60 * epsilon : Double(-$0)) }
    }
    let own = logits(epsilon)
    return ClassScores(logits: own, probabilities: own.map { Double($0 + 20) / 1000 }, clean: logits(0))
  }

  func perturbation(model: String, image: String, attack: String) throws -> PerturbationSigns? {
    guard hasScores else { return nil }
    return PerturbationSigns(
      height: size, width: size, gradient: (0..<3 * size * size).map { Float($0 % 3) - 1 })
  }

  func photograph(model: String, image: String) throws -> RGBImage? {
    if !photographs.isEmpty { return photographs[index(image) % photographs.count] }
    var pixels: [UInt8] = []
    for y in 0..<size {
      for x in 0..<size { pixels += [UInt8](repeating: UInt8((x * 3 + y * 5) % 256), count: 3) }
    }
    return RGBImage(width: size, height: size, pixels: pixels)
  }
}
