import Foundation
import GoldenSupport
import Maps
import Support
import Testing

/// Files of maps that are damaged, or say of themselves what is not so: each is refused with what is wrong, by name.
@Suite struct HostileMapsTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  /// What the reader says of a changed file.
  private func refusal(text: String? = nil, _ change: (inout MadeMaps) -> Void = { _ in }) throws -> String {
    var made = MadeMaps()
    change(&made)
    try folder.write(try made.bytes(text: text), to: "maps.safetensors")
    do {
      try MapsFile("\(folder.path)/maps.safetensors").checkValues()
    } catch let problem as Problem {
      #expect(problem.place?.file == "\(folder.path)/maps.safetensors", "\(problem)")
      return problem.message
    }
    Issue.record("the file was taken")
    return ""
  }

  private func fault(_ key: String, _ value: Any?) throws -> String {
    let head = "what the file says of its maps is not as it should be: "
    let message = try refusal { $0.about[key] = value }
    #expect(message.hasPrefix(head), "\(message)")
    return String(message.dropFirst(head.count))
  }

  @Test func whatItSaysIsHeldToItsRanges() throws {
    #expect(try fault("producer", nil) == "`producer` is missing")
    #expect(try fault("producer", ["name": ""]) == "`producer.name` is empty")
    #expect(
      try fault("producer", ["name": "x", "softwares": [:]])
        == "unknown key `softwares` in `producer`. Did you mean `software`?")
    #expect(try fault("layer", ["x"]) == "unknown key `layer`. Did you mean `layers`?")
    #expect(try fault("input", ["size": 0]) == "`input.size` must lie in 1 to 8192, found 0")
    #expect(try fault("input", ["size": "224"]) == "`input.size` is of another kind than it should be")
    #expect(try fault("input", ["size": 1.5]) == "`input.size` must be a whole number")
    #expect(try fault("input", ["size": 4, "fit": "pad"]) == "`input.fit` must be `squash` or `crop`, found `pad`")
    #expect(
      try fault("input", ["size": 4, "fit": "crop"]) == "`input.resize` must lie in 4 to 8192 where `fit` is `crop`")
    #expect(
      try fault("input", ["size": 4, "orientation": "turn"])
        == "`input.orientation` must be `apply` or `ignore`, found `turn`")
    #expect(try fault("classes", 1) == "`classes` must lie in 2 to 10000000, found 1")
    #expect(try fault("maps", "relu") == "`maps` must be `raw` or `scaled`, found `relu`")
    #expect(try fault("targets", ["predict"]) == "`targets` lists `predict`. Did you mean `predicted`?")
    #expect(try fault("layers", [String]()) == "`layers` is empty")
    #expect(try fault("explanations", ["a", "a"]) == "`explanations[0]` and `[1]` have the same name")
    #expect(try fault("version", "1") == "`version` is of another kind than it should be")
  }

  @Test func imagesAreToldByTheirContent() throws {
    let sum = String(repeating: "a", count: 64)
    #expect(
      try fault("images", [["image": "x", "sha256": sum.uppercased()]])
        == "`images[0].sha256` must be 64 hexadecimal digits in lower case")
    #expect(
      try fault("images", [["image": "x", "sha256": sum], ["image": "y", "sha256": sum]])
        == "`images[0]` and `[1]` have the same SHA-256")
    #expect(try fault("images", [["image": "x", "sha256": sum, "label": 3]]) == "`images[0].label` is 3, of 3 classes")
    #expect(try fault("images", [["image": "x"]]) == "`images[0].sha256` is missing")
  }

  @Test func levelsAreHeldToTheirRange() throws {
    func level(_ level: [String: Any]) throws -> String { try fault("levels", [level]) }
    #expect(try level(["attack": "clean", "epsilon": 0]) == "`levels[0]` is clean and has an `epsilon`")
    #expect(try level(["attack": "fgsm"]) == "`levels[0]` has no `epsilon`")
    #expect(try level(["attack": "", "epsilon": 0.1]) == "`levels[0]` has an `attack` without a name")
    for epsilon in ["8", "0", "-0.1", "nan", "1/0", "x", "8/255/2"] {
      #expect(
        try level(["attack": "fgsm", "epsilon": epsilon])
          == "`levels[0]` has the `epsilon` \(epsilon), which must be above 0 and at most 1, in units of [0, 1]; 0 is the `control`"
      )
    }
    #expect(
      try fault("levels", [["attack": "fgsm", "epsilon": "8/256"], ["attack": "fgsm", "epsilon": 0.03125]])
        == "`levels[0]` and `[1]` have the same level")
  }

  @Test func tensorsAreHeldToWhatTheFileSays() throws {
    #expect(try refusal { $0.tensors["maps.last"] = nil } == "the tensor `maps.last` is missing")
    #expect(
      try refusal { $0.tensors["maps.last"]?.shape = [3, 2, 1, 2, 2, 3] }
        == "`maps.last` has the shape 3 x 2 x 1 x 2 x 2 x 3, expected 2 x 3 x 1 x 2 x any x any")
    #expect(
      try refusal { $0.tensors["logits"] = MadeMaps.floats([2, 3, 4]) { _ in 0 } }
        == "`logits` has the shape 2 x 3 x 4, expected 2 x 3 x 3")
    #expect(
      try refusal { $0.tensors["maps.last"] = MadeMaps.floats([2, 3, 1, 2, 0, 3]) { _ in 0 } }
        == "`maps.last` has maps of 0 x 3, expected 1 to 8192")
    #expect(
      try refusal { $0.tensors["map.last"] = MadeMaps.floats([1]) { _ in 0 } }
        == "the tensor `map.last` is none that such a file has. Did you mean `maps.last`?")
    #expect(
      try refusal { $0.tensors["logits"] = MadeMaps.integers([2, 3, 3]) { _ in 0 } }
        == "`logits` has values of the type I64, which it may not have")
    #expect(
      try refusal { $0.tensors["inputs"] = MadeMaps.floats([2, 3, 3, 4, 4]) { _ in 0 } }
        == "`inputs` has values of the type F32, which it may not have")
    #expect(
      try refusal { $0.tensors["logits"] = nil }
        == "it has neither `logits` nor `top_classes` with `top_probabilities`: what the network answered is missing")
    #expect(
      try refusal { $0.tensors["top_classes"] = MadeMaps.integers([2, 3, 1]) { _ in 0 } }
        == "it has `logits` and the highest classes as well: one of them is enough")
  }

  @Test func valuesAreNumbersThatMapsCanHave() throws {
    for (value, text) in [(Float.nan, "nan"), (.infinity, "inf"), (-0.5, "-0.5")] {
      #expect(
        try refusal { $0.tensors["maps.last"] = MadeMaps.floats([2, 3, 1, 2, 2, 3]) { $0 == 64 ? value : 1 } }
          == "b/1.png, fgsm at 0.1: the map by grad-cam of predicted has the value \(text) at row 1, column 1")
    }
    #expect(
      try refusal { $0.tensors["logits"] = MadeMaps.floats([2, 3, 3]) { $0 == 4 ? .nan : 1 } }
        == "a/1.png, fgsm at 8/255: the logit of class 1 is nan")
    func highest(_ classes: @escaping (Int) -> Int, _ probabilities: @escaping (Int) -> Float) throws -> String {
      try refusal { $0.answerHighest(classes, probabilities) }
    }
    #expect(try highest({ [0, 3][$0 % 2] }, { _ in 0.25 }) == "a/1.png, the clean image: class 3 is none of the 3")
    #expect(try highest({ [0, -1][$0 % 2] }, { _ in 0.25 }) == "a/1.png, the clean image: class -1 is none of the 3")
    #expect(try highest({ _ in 1 }, { _ in 0.25 }) == "a/1.png, the clean image: class 1 stands there twice")
    #expect(
      try highest({ [0, 1][$0 % 2] }, { [0.5, 0][$0 % 2] })
        == "a/1.png, the clean image: the probability of class 1 is 0.0, expected a number above 0 and at most 1")
    #expect(
      try highest({ [0, 1][$0 % 2] }, { _ in 0.7 })
        == "a/1.png, the clean image: the probabilities of the highest classes are more than 1 together")
  }

  @Test func otherFilesAreNamed() throws {
    #expect(try refusal(text: "{") == "what the file says of its maps is not as it should be: it is no JSON")
    #expect(
      try refusal(text: "{\"version\": 2, \"images\": 3}")
        == "the maps are of version 2 of their format, and version 1 is read")
    #expect(
      try refusal(text: String(repeating: "[", count: 100_000))
        == "what the file says of its maps is not as it should be: it is no JSON")
    let weights = MadeMaps.floats([2]) { _ in 0 }
    let head = "{\"a.weight\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}"
    try folder.write(
      [UInt8(head.utf8.count)] + [UInt8](repeating: 0, count: 7) + Array(head.utf8) + weights.bytes, to: "w.safetensors"
    )
    let problem = #expect(throws: Problem.self) { try MapsFile("\(folder.path)/w.safetensors") }
    #expect(
      problem?.message == "expected a file of maps, found a safetensors file without `heatdrift_maps` in its metadata")
    #expect(problem?.remedy == "It holds a network's weights: name it as `weights` beside an `architecture`.")
  }

  @Test func everyTruncationIsRefused() throws {
    let bytes = try MadeMaps().bytes()
    for length in stride(from: bytes.count - 1, through: 0, by: -7) {
      try folder.write(bytes.prefix(length), to: "maps.safetensors")
      #expect(throws: Problem.self) { try MapsFile("\(folder.path)/maps.safetensors") }
    }
  }
}
