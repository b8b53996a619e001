import Architectures
import GoldenSupport
import Support
import Tensors
import Testing
import Weights

@Suite struct ArchitectureTests {
  /// Counts of torchvision 0.29 and timm 1.0 for 1000 classes, `sum(p.numel() for p in model.parameters())`, the
  /// auxiliary classifier of Inception left out.
  @Test(arguments: [
    (Architecture.vgg16, 138_357_544), (.resnet50, 25_557_032), (.resnet101, 44_549_160),
    (.inceptionV3, 23_834_568), (.xception, 22_855_952),
  ])
  func parameterCounts(_ architecture: Architecture, _ count: Int) {
    let trained = architecture.requiredTensors(classes: 1000).filter {
      !$0.name.hasSuffix("running_mean") && !$0.name.hasSuffix("running_var")
    }
    #expect(trained.reduce(0) { $0 + $1.shape.count } == count)
  }

  @Test(arguments: [
    (Architecture.vgg16, Shape([512, 14, 14]), 18), (.resnet50, Shape([2048, 7, 7]), 50),
    (.resnet101, Shape([2048, 7, 7]), 101),
    (.inceptionV3, Shape([2048, 8, 8]), 118), (.xception, Shape([2048, 10, 10]), 40),
  ])
  func lastLayerAndAll(_ architecture: Architecture, _ shape: Shape, _ count: Int) throws {
    let layers = try architecture.layers()
    let last = try #require(layers.filter(\.isLast).first)
    #expect(last.name == architecture.lastLayer)
    #expect(last.shape == shape)
    #expect(layers.filter(\.isInAll).count == count)
    #expect(Set(layers.flatMap { [$0.name] + $0.aliases }).count == layers.reduce(0) { $0 + 1 + $1.aliases.count })
  }

  @Test func aFileOfAnotherArchitectureIsRecognised() {
    let weights = GeneratedTensors(Architecture.resnet50.requiredTensors(width: 0.25, classes: 7))
    let problem = #expect(throws: Problem.self) { try Architecture.resnet101.network(weights: weights) }
    #expect(problem?.kind == .usage)
    #expect(problem?.remedy == "The file fits `architecture: resnet50` with `width: 0.25`.")
    #expect(problem?.message.hasPrefix("the weights do not fit resnet101: missing 255 tensors: layer3.6.conv1") == true)
  }

  @Test func aFileOfNoArchitectureIsToldSo() {
    let weights = DictionaryTensors(["linear.weight": Tensor(zeros: [2, 2])], source: "mlp.safetensors")
    let problem = #expect(throws: Problem.self) { try Architecture.vgg16.network(weights: weights) }
    #expect(problem?.message.contains("left over 1 tensor: linear.weight") == true)
    #expect(
      problem?.remedy
        == "The file fits none of the known architectures: `vgg16`, `resnet50`, `resnet101`, `inception_v3`, "
        + "`xception`. `heatdrift weights inspect` shows what it holds.")
  }

  @Test func anInputThatIsTooSmallIsRefused() {
    let problem = #expect(throws: Problem.self) { try Architecture.inceptionV3.layers(inputSize: 40) }
    #expect(problem?.message.hasPrefix("an input of 40 x 40 pixels is too small for this network: at ") == true)
  }
}
