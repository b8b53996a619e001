import EngineConformance
import Graphs
import Support
import Tensors
import Testing
import Weights

@Suite struct NetworkTests {
  @Test func unknownLayersAreNamedWithASuggestion() throws {
    let network = try SmallNetwork.network()
    #expect(
      message { _ = try network.resolve(layers: ["stem.rleu"]) }
        == "small has no layer `stem.rleu`\n  Did you mean `stem.relu`? `heatdrift layers small` lists its layers.")
    #expect(
      message { _ = try network.resolve(layers: ["hidden"]) }
        == "the output of layer `hidden` of small has the shape 7, which is no map\n  Choose a layer whose output has "
        + "more than one row and column: `heatdrift layers small` lists them.")
  }

  @Test func layersAreResolvedInOrderWithoutRepetition() throws {
    let network = try SmallNetwork.network()
    let layers = try network.resolve(layers: ["last", "stem", "fused.relu", "joined"])
    #expect(layers.map(\.name) == ["stem", "joined", "fused.relu"])
    #expect(layers.map(\.shape) == [[6, 7, 7], [14, 7, 7], [8, 4, 4]])
  }

  @Test func weightsThatDoNotFitAreListed() throws {
    var tensors: [String: Tensor] = [:]
    let good = SmallNetwork.tensors()
    for name in good.tensorNames where name != "skip.weight" {
      tensors[name] = Tensor(shape: try #require(good.shape(of: name)), values: try good.values(name))
    }
    tensors["hidden.bias"] = Tensor(zeros: [9])
    tensors["stranger"] = Tensor(zeros: [1])
    tensors["stem.bn.num_batches_tracked"] = Tensor(zeros: [])
    tensors["AuxLogits.fc.weight"] = Tensor(zeros: [2])
    #expect(
      message { _ = try SmallNetwork.network(DictionaryTensors(tensors, source: "w.safetensors")) }
        == "w.safetensors: the weights do not fit small: missing 1 tensor: skip.weight (8x14x1x1); left over 1 tensor: "
        + "stranger; of another shape 1 tensor: hidden.bias (9, expected 7)\n  Check `architecture` and `width` of the "
        + "model in the experiment file.")
  }

  @Test func anInputThatIsTooSmallIsToldWhere() {
    var builder = GraphBuilder(width: 1, inputSize: 4)
    let x = builder.pooling("pool1", .maximum, builder.image(), kernel: 2, stride: 2)
    _ = builder.convolution("conv", x, channels: 2, kernel: 5)
    #expect(
      builder.problem?.description
        == "an input of 4 x 4 pixels is too small for this network: at conv a map of 2 x 2 is left for a window of "
        + "5 x 5\n  Choose a larger `input.size`.")
  }

  @Test func widthScalesAndRounds() {
    let builder = GraphBuilder(width: 0.3, inputSize: 32)
    #expect([3, 64, 512, 1].map(builder.scaled) == [1, 19, 154, 1])
  }
}
