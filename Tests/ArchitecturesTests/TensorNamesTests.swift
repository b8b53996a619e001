import Architectures
import GoldenSupport
import Engines
import Graphs
import Support
import Tensors
import Testing
import Weights

/// The names that other libraries give the same parameters; `GoldenNetworkTests` holds timm's to timm's own output.
@Suite struct TensorNamesTests {
  /// A file's tensors after another library's manner.
  private struct Renamed: NamedTensors {
    let base: GeneratedTensors
    let rename: @Sendable (String) -> String
    let reshape: @Sendable (String, Shape) -> Shape
    let source = "renamed.pth"

    var tensorNames: [String] { base.tensorNames.map(rename) }
    private func own(_ name: String) -> String? { base.tensorNames.first { rename($0) == name } }
    func shape(of name: String) -> Shape? {
      own(name).flatMap { own in base.shape(of: own).map { reshape(own, $0) } }
    }
    func values(_ name: String) throws(Problem) -> [Float] { try base.values(own(name) ?? name) }
  }

  @Test(arguments: [true, false]) func xceptionOfPretrainedModels(_ isFlat: Bool) throws {
    let own = GeneratedTensors(Architecture.xception.requiredTensors(width: 0.05, classes: 3))
    let theirs = Renamed(
      base: own, rename: { $0.hasPrefix("fc.") ? "last_linear." + $0.dropFirst(3) : $0 },
      reshape: { name, shape in
        isFlat && name.hasSuffix(".pointwise.weight") ? [shape[0], shape[1]] : shape
      })
    let fit = try #require(ArchitectureFit.all(for: theirs).first)
    #expect(fit.fits && fit.architecture == .xception && fit.names == .pretrainedModels)
    #expect(fit.width == 0.05 && fit.classes == 3)
    let image = Tensor(shape: [3, 75, 75], values: generated("image", count: 3 * 75 * 75).map { Float($0) })
    let logits = try [own as any NamedTensors, theirs].map { weights in
      let network = try Architecture.xception.network(weights: weights, width: 0.05, inputSize: 75)
      let layers = try network.resolve(layers: ["last"])
      return try EngineKind.openblas.makeEngine().prepare(network, layers: layers).makeSession().logits(of: image)
    }
    #expect(logits[0] == logits[1] && logits[0].count == 3)
  }

  @Test func timmsVGG16IsRefusedWhereItIsAnotherNetwork() throws {
    let own = GeneratedTensors(Architecture.vgg16.requiredTensors(width: 0.05, classes: 3, hiddenFeatures: 8))
    let theirs = Renamed(
      base: own,
      rename: {
        $0.replacing("classifier.0.", with: "pre_logits.fc1.").replacing("classifier.3.", with: "pre_logits.fc2.")
          .replacing("classifier.6.", with: "head.fc.")
      },
      reshape: { name, shape in
        switch name {
        case "classifier.0.weight": [shape[0], shape[1] / 49, 7, 7]
        case "classifier.3.weight": [shape[0], shape[1], 1, 1]
        default: shape
        }
      })
    #expect(try Architecture.vgg16.network(weights: theirs, width: 0.05, inputSize: 255).classCount == 3)
    let problem = #expect(throws: Problem.self) {
      try Architecture.vgg16.network(weights: theirs, width: 0.05, inputSize: 256)
    }
    #expect(
      problem?.description
        == "renamed.pth: the weights are of timm's vgg16, which at an input of 256 pixels is another network than "
        + "this one\n  Choose an `input.size` below 256: there the two are the same.")
  }

  /// The width in as few digits as the channel counts allow; the nearest architecture first where none fits.
  @Test(arguments: [(Architecture.resnet50, 0.04), (.vgg16, 0.3), (.inceptionV3, 1.0), (.xception, 0.125)])
  func widthsAreFound(_ architecture: Architecture, _ width: Double) throws {
    let weights = GeneratedTensors(architecture.requiredTensors(width: width, classes: 11, hiddenFeatures: 6))
    let fit = try #require(ArchitectureFit.all(for: weights).first)
    #expect(fit.fits && fit.architecture == architecture && fit.width == width && fit.classes == 11)
    #expect(fit.names == .own && fit.agreement == 1)
  }

  @Test func theNearestArchitectureSaysWhatIsMissing() throws {
    let tensors = Architecture.resnet101.requiredTensors(classes: 5).filter { !$0.name.hasPrefix("fc.") }
    let fit = try #require(
      ArchitectureFit.all(for: GeneratedTensors(tensors + [TensorHandle(name: "head.weight", shape: [5, 2048])]))
        .first)
    #expect(fit.architecture == .resnet101 && !fit.fits && fit.width == 1)
    #expect(
      fit.comparison.summary
        == "missing 2 tensors: fc.weight (1000x2048), fc.bias (1000); left over 1 tensor: head.weight")
  }

  @Test func onlyResNetsHaveACaffeVariant() {
    let weights = DictionaryTensors([:])
    let problem = #expect(throws: Problem.self) { try Architecture.vgg16.network(weights: weights, variant: .caffe) }
    #expect(
      problem?.description == "vgg16 has no variant `caffe`\n  `resnet50` and `resnet101` have it: leave `variant` out."
    )
    #expect(Architecture.resnet101.variants == [.standard, .caffe])
  }

  /// The same function of the image, whichever way its normalisation is written.
  @Test func normalisationsAreRewritten() {
    let published = Architecture.resnet50.normalisation(.standard)
    let other = published.written(channels: .bgr, range: 255)
    let mean: [Double] = [0.406, 0.456, 0.485].map { $0 * 255 }
    let deviation: [Double] = [0.225, 0.224, 0.229].map { $0 * 255 }
    #expect(other.mean == mean)
    #expect(other.standardDeviation == deviation)
    #expect(other.channels == .bgr && other.range == 255)
    let caffe = Architecture.resnet50.normalisation(.caffe)
    #expect(caffe.mean == [91.4953, 103.8827, 131.0912] && caffe.standardDeviation == [1, 1, 1])
    #expect(caffe.written(channels: .bgr, range: 255) == caffe)
    #expect(caffe.written(channels: .rgb, range: 255).mean == [131.0912, 103.8827, 91.4953])
  }
}
