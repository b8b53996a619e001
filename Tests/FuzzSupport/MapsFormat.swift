import Foundation
import Maps
import Support

extension FuzzFormat {
  /// Files of maps that were computed elsewhere: of PyTorch, through Python/heatdrift_maps.py.
  static func maps() throws -> FuzzFormat {
    let folder = try FuzzFolder()
    let corpus = try fixtures("CommandLineTests/Maps/maps", ".safetensors")
    return FuzzFormat(
      "maps", corpus: corpus,
      words: [
        "\\\"version\\\":2", "\\\"epsilon\\\":\\\"1/0\\\"", "\\\"classes\\\":9223372036854775807", "\\\"size\\\":8193",
        "\\\"attack\\\":\\\"clean\\\"", "\\\"attack\\\":\\\"control\\\"", "\\\"top_classes\\\"", "maps.", "inputs",
        "scaled",
        "predicted", "\\\"layers\\\":[]", "[[[[[[[[[[[[[[[[", "1e999", "-1", "null", "{", "}", "\u{0}", "\u{7F}\u{7F}",
      ],
      make: { mutator in
        var bytes = mutator.element(corpus)
        // Headers are long and values follow: most changes are of bytes in one of them, whose lengths stay.
        guard !mutator.once(in: 4) else { return mutator.change(bytes, corpus) }
        let length = bytes.prefix(2).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
        let place = mutator.once(in: 3) ? 8 + length..<bytes.count : 8..<8 + length
        for _ in 0..<mutator.integer(1...3) {
          bytes[mutator.integer(place.lowerBound...place.upperBound - 1)] =
            mutator.once(in: 2)
            ? UInt8(ascii: "0") + mutator.byte() % 10 : mutator.byte()
        }
        return bytes
      }
    ) { bytes, _ in
      let path = "\(folder.path)/maps.safetensors"
      try Data(bytes).write(to: URL(filePath: path))
      let maps = try MapsCollection(path)
      try maps.checkValues()
      let about = maps.description
      try FuzzFault.unless(maps.imageCount == about.images.count, "\(maps.imageCount) images of \(about.images.count)")
      for layer in about.layers {
        let map = try maps.files[0].map(image: 0, level: 0, explanation: 0, target: 0, layer: layer)
        try FuzzFault.unless(
          map.values.count == map.height * map.width && map.values.allSatisfy { $0 >= 0 }, "a map that is none")
      }
      let answer = try maps.files[0].answer(image: 0, level: 0)
      try FuzzFault.unless((0..<about.classCount).contains(answer.prediction), "the class \(answer.prediction)")
      try FuzzFault.unless(answer.scores(against: answer).isPossible, "scores that cannot be")
      _ = try maps.files[0].input(image: 0, level: 0)
    }
  }
}
