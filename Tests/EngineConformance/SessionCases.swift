import Graphs
import Images
import Support
import Tensors
import Weights

extension ConformanceCase {
  /// What sessions owe to whoever uses them.
  static let sessions = [
    ConformanceCase("sessions keep nothing from earlier images") { engine, findings in
      let network = try SmallNetwork.network()
      let session = try engine.prepare(network, layers: network.resolve(layers: ["last"])).makeSession()
      let first = try session.logits(of: SmallNetwork.image)
      let gradient = try session.inputGradient(logitGradient: SmallNetwork.seed)
      var other = SmallNetwork.image
      other.values = other.values.map { 1 - $0 }
      findings.expect(try session.logits(of: other) != first, "another image has the same logits")
      _ = try session.inputGradient(logitGradient: SmallNetwork.seed)
      findings.expect(try session.logits(of: SmallNetwork.image) == first, "the logits are others the second time")
      findings.expect(
        try session.inputGradient(logitGradient: SmallNetwork.seed) == gradient,
        "the image's gradient is another the second time")
      let all = try engine.prepare(network, layers: network.resolve(layers: ["all"])).makeSession()
      let difference = relativeDifference(try all.logits(of: SmallNetwork.image), first)
      findings.expect(difference <= 1e-5, "logits are off by \(difference) where all layers are explained")
    },
    ConformanceCase("values of all kinds have the same bits in every batch") { engine, findings in
      let network = try ElementNetwork.network()
      let prepared = try engine.prepare(network, layers: network.resolve(layers: ["all"]))
      let images = (0..<3).map { randomImage(network.input, "image \($0)") }
      let alone = try prepared.makeSession()
      let together = try prepared.makeSession(batch: 3, for: .inputGradients)
      let logits = try together.logits(of: images)
      for (index, image) in images.enumerated() {
        findings.expect(try alone.logits(of: image) == logits[index], "the logits of image \(index) are others alone")
        let score = Score(image: index, logitGradient: [0.5, -1, 0.25])
        let gradient = try alone.inputGradient(logitGradient: score.logitGradient)
        findings.expect(
          try together.inputGradient(of: score) == gradient, "the gradient of image \(index) is another alone")
      }
      // The same without what gradients of the image need.
      let explanations = try prepared.makeSession(batch: 2, for: .explanations)
      findings.expect(
        try explanations.logits(of: Array(images[..<2])) == Array(logits[..<2]), "logits without gradients are others")
    },
    ConformanceCase("values are found to be finite") { engine, findings in
      let network = try SmallNetwork.network()
      let prepared = try engine.prepare(network, layers: network.resolve(layers: ["last"]))
      for batch in [1, 3] {
        let session = try prepared.makeSession(batch: batch, for: .explanations)
        findings.expect(try session.staysFinite(SmallNetwork.image), "sound numbers are not, batch \(batch)")
      }
    },
    // Both channels of the first convolution overflow to infinity, the second subtracts infinity from infinity, and its
    // ReLU may make 0 of the NaN.
    ConformanceCase("NaN that a ReLU hides is noticed") { engine, findings in
      let network = try overflowingNetwork(gain: 3e38)
      let image = Tensor(shape: [3, 4, 4], values: [Float](repeating: 1, count: 48))
      let session = try engine.prepare(network, layers: network.resolve(layers: ["last"])).makeSession()
      findings.expect(try !session.staysFinite(image), "infinity inside the network is not noticed")
      findings.expect("a gradient was asked for before any image went through the network") {
        _ = try session.inputGradient(logitGradient: [1, 0])
      }
    },
  ]

  /// What an engine says, and when.
  static let refusals = [
    ConformanceCase("weights that are not finite are named") { engine, findings in
      for (tensor, value, text) in [
        ("inner.weight", Float.nan, "nan"), ("inner.bn.bias", -.infinity, "-inf"), ("hidden.weight", .infinity, "inf"),
      ] {
        let network = try SmallNetwork.network(tensors(changing: tensor, to: value, at: 3..<4))
        findings.expect(
          "w.safetensors, tensor \(tensor): element 3 is \(text), expected a finite number\n  The file is damaged, "
            + "or its training diverged: use another one."
        ) { _ = try engine.prepare(network, layers: network.resolve(layers: ["last"])) }
      }
    },
    ConformanceCase("constants that are not finite are named") { engine, findings in
      for tensor in ["affine.shift", "slope", "alone.running_mean"] {
        let network = try ElementNetwork.network(changing: tensor)
        let text = "elements, tensor \(tensor): element 1 is nan, expected a finite number\n"
        findings.expect(text) { _ = try engine.prepare(network, layers: []) }
        findings.expect(text) { try network.checkWeights(layers: []) }
      }
    },
    ConformanceCase("negative variances are named") { engine, findings in
      let network = try SmallNetwork.network(tensors(changing: "inner.bn.running_var", to: -1, at: 2..<3))
      findings.expect(
        "w.safetensors, tensor inner.bn.running_var: element 2 is -1.0, expected a variance of at least 0\n"
      ) { _ = try engine.prepare(network, layers: network.resolve(layers: ["last"])) }
    },
    ConformanceCase("infinities are found where they first appear") { engine, findings in
      let network = try SmallNetwork.network(
        tensors(changing: "classifier.weight", to: .greatestFiniteMagnitude, at: 0..<7))
      let session = try engine.prepare(network, layers: network.resolve(layers: ["last"])).makeSession()
      do {
        _ = try session.logits(of: SmallNetwork.image)
        findings.expect(false, "logits that are not finite are given out")
      } catch let problem as Problem {
        findings.expect(
          problem.kind == .numbers, "logits that are not finite are a problem of the kind \(problem.kind)")
        findings.expect(
          "\(problem)".hasPrefix(
            "the logits of small are not finite: NaN or infinity first appears in the output of `classifier`\n"),
          "\(problem)")
      }
      findings.expect("a gradient was asked for before any image went through the network") {
        _ = try session.inputGradient(logitGradient: SmallNetwork.seed)
      }
    },
    ConformanceCase("what a session was not made for is refused") { engine, findings in
      let network = try SmallNetwork.network()
      let prepared = try engine.prepare(network, layers: network.resolve(layers: ["last"]))
      let session = try prepared.makeSession(batch: 2, for: .explanations)
      let image = SmallNetwork.image
      findings.expect("the network takes an image of shape 3x13x13, not 3x4x4") {
        _ = try session.logits(of: Tensor(zeros: [3, 4, 4]))
      }
      findings.expect("3 images for a session of 2") { _ = try session.logits(of: [image, image, image]) }
      _ = try session.logits(of: [image, image])
      findings.expect("an input gradient was asked for of a session that was made for explanations only") {
        _ = try session.inputGradient(of: Score(image: 0, logitGradient: SmallNetwork.seed))
      }
      findings.expect("a gradient was asked for of image 2, but 2 images went through the network") {
        try session.explainLayers([Score(image: 2, logitGradient: SmallNetwork.seed)]) { _, _ in }
      }
      let gradients = try prepared.makeSession()
      _ = try gradients.logits(of: image)
      findings.expect("1 logit gradients for a network of 4 classes") {
        _ = try gradients.inputGradient(logitGradient: [1])
      }
    },
  ]

  /// The small network's weights, some of them others.
  static func tensors(changing name: String, to value: Float, at indices: Range<Int>) throws -> DictionaryTensors {
    let good = SmallNetwork.tensors()
    var tensors: [String: Tensor] = [:]
    for name in good.tensorNames {
      guard let shape = good.shape(of: name) else { continue }
      tensors[name] = Tensor(shape: shape, values: try good.values(name))
    }
    for index in indices { tensors[name]?.values[index] = value }
    return DictionaryTensors(tensors, source: "w.safetensors")
  }

  /// Two convolutions of 1 x 1 with a ReLU each. With a great gain both channels of the first overflow to infinity, the
  /// second subtracts infinity from infinity, and its ReLU makes 0 of the NaN.
  public static func overflowingNetwork(gain: Float) throws -> Network {
    var builder = GraphBuilder(width: 1, inputSize: 4)
    let image = builder.image()
    let first = builder.relu("first.relu", builder.convolution("first", image, channels: 2, kernel: 1))
    let second = builder.relu("second.relu", builder.convolution("second", first, channels: 1, kernel: 1))
    let pooled = builder.adaptiveAveragePooling("pool", second, size: 1)
    _ = builder.linear("fc", pooled, features: 2)
    let weights = DictionaryTensors([
      "first.weight": Tensor(shape: [2, 3, 1, 1], values: [gain, gain, 0, gain, gain, 0]),
      "second.weight": Tensor(shape: [1, 2, 1, 1], values: [1, -1]),
      "fc.weight": Tensor(shape: [2, 1], values: [1, 2]), "fc.bias": Tensor(shape: [2], values: [0.5, 1]),
    ])
    return try Network(
      builder.graph(name: "small", lastLayer: "second.relu"),
      normalisation: Normalisation(mean: [0, 0, 0], standardDeviation: [1, 1, 1]), weights: weights)
  }

  /// Of elements that grow: an exponential, its square and a sigmoid, which is 1 where that is infinite.
  public static func growingNetwork(gain: Float) throws -> Network {
    var b = GraphBuilder(width: 1, inputSize: 4)
    let x = b.convolution("first", b.image(), channels: 2, kernel: 1)
    let y = b.append(.activation(.exponential), [x], name: "grows")
    let z = b.append(.arithmetic(.product), [y, y], name: "square")
    _ = b.linear("fc", b.append(.activation(.sigmoid), [z], name: "gate"), features: 2)
    let weights = DictionaryTensors([
      "first.weight": Tensor(shape: [2, 3, 1, 1], values: [gain, gain, 0, gain, gain, 0]),
      "fc.weight": Tensor(zeros: [2, 32]), "fc.bias": Tensor(zeros: [2]),
    ])
    return try Network(
      b.graph(name: "small", lastLayer: "gate"),
      normalisation: Normalisation(mean: [0, 0, 0], standardDeviation: [1, 1, 1]), weights: weights)
  }
}
