import Support
import Testing

@Suite struct DiagnosticsTests {
  @Test func placesReadLikeCompilers() {
    #expect(Place(file: "orl.yaml", line: 12, column: 5).description == "orl.yaml:12:5")
    #expect(Place(file: "orl.yaml", line: 12).description == "orl.yaml:12")
    #expect(
      Place(file: "a.safetensors", byte: 80, tensor: "conv1.weight").description
        == "a.safetensors, byte 80, tensor conv1.weight")
    #expect(Place(line: 3, cell: "mod-table").description == "line 3, cell mod-table")
    #expect(Place(file: "a", column: 4).description == "a", "a column without a line says nothing")
  }

  @Test func problemsCarryPlaceRemedyAndExitCode() {
    let usage = Problem.usage(at: Place(file: "a.yaml", line: 2), "unknown key `x`", remedy: "Did you mean `y`?")
    #expect(usage.description == "a.yaml:2: unknown key `x`\n  Did you mean `y`?")
    #expect(usage.exitCode == 64)
    #expect(Problem.failure("the disk is full").description == "the disk is full")
    #expect(Problem.failure("the disk is full").exitCode == 1)
  }

  @Test(arguments: [
    ("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("epislons", "epsilons", 1),
    ("ABC", "abc", 0),
  ])
  func editDistances(first: String, second: String, distance: Int) {
    #expect(editDistance(first, second) == distance)
    #expect(editDistance(second, first) == distance)
  }

  @Test func suggestions() {
    let keys = ["epsilons", "method", "loss-label"]
    #expect(suggestion(for: "epsilon", among: keys) == "Did you mean `epsilons`?")
    #expect(suggestion(for: "loss_label", among: keys) == "Did you mean `loss-label`?")
    #expect(suggestion(for: "colour", among: keys) == "Known are: `epsilons`, `method`, `loss-label`.")
    #expect(closestMatch(to: "met", in: keys) == "method", "a beginning is enough")
    #expect(closestMatch(to: "zzz", in: [String]()) == nil)
  }
}
