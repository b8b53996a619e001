import Support

/// A page as browsers are shown it: whole for who opens it, in parts for who has the one before.
public struct ShownPage: Sendable, Equatable {
  /// The whole file.
  public var bytes: [UInt8]
  /// Of the window.
  public var title: String
  /// The whole style sheet.
  public var style: String
  /// The list of contents, as HTML; empty where there is none.
  public var contents: String
  /// What stands in `main`, as HTML, one element each.
  public var elements: [String]

  public init(bytes: [UInt8], title: String, style: String, contents: String, elements: [String]) {
    self.bytes = bytes
    self.title = title
    self.style = style
    self.contents = contents
    self.elements = elements
  }
}

/// What makes one page of another: a browser that has read megabytes reads no more than what is new.
public struct PageChange: Sendable, Codable, Equatable {
  /// One element of the new page.
  public enum Element: Sendable, Codable, Equatable {
    /// The same as this one of the former page, from 0.
    case kept(Int)
    /// As HTML.
    case new(String)

    public init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let place = try? value.decode(Int.self) {
        self = .kept(place)
      } else {
        self = .new(try value.decode(String.self))
      }
    }

    public func encode(to encoder: any Encoder) throws {
      var value = encoder.singleValueContainer()
      switch self {
      case .kept(let place): try value.encode(place)
      case .new(let html): try value.encode(html)
      }
    }
  }

  /// Of the window; this and the next two are nil where they stay.
  public var title: String?
  /// The whole style sheet.
  public var style: String?
  /// The list of contents, as HTML.
  public var contents: String?
  /// How many the former page has: where a browser has others something else has changed its page.
  public var count: Int
  /// All of the new page, in order; each of the former ones is kept at most once.
  public var elements: [Element]

  public init(from old: ShownPage, to new: ShownPage) {
    title = new.title == old.title ? nil : new.title
    style = new.style == old.style ? nil : new.style
    contents = new.contents == old.contents ? nil : new.contents
    count = old.elements.count
    // Of several that are the same the first comes first.
    var places: [String: ArraySlice<Int>] = [:]
    for (place, element) in old.elements.enumerated() { places[element, default: []].append(place) }
    elements = new.elements.map { element in
      if let place = places[element]?.popFirst() { return .kept(place) }
      return .new(element)
    }
  }
}
