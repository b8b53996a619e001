import CCairo
import Images
import Support
import Typesetting

/// A Cairo surface and its context, the one owner of both. Cairo remembers what went wrong, and `check` asks.
@safe final class CairoSurface {
  private let surface: OpaquePointer
  private let context: OpaquePointer
  /// Kept as long as the surface may write to it.
  private let output: ByteSink?

  private init(_ surface: OpaquePointer?, output: ByteSink?) throws(Problem) {
    guard let surface = unsafe surface else { throw .failure("Cairo made no surface") }
    guard unsafe cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS, let context = unsafe cairo_create(surface)
    else {
      let text = unsafe String(cString: cairo_status_to_string(cairo_surface_status(surface)))
      unsafe cairo_surface_destroy(surface)
      throw .failure("Cairo could not make a surface: \(text)")
    }
    unsafe self.surface = unsafe surface
    unsafe self.context = unsafe context
    self.output = output
  }

  /// The pages of a PDF, without a date.
  convenience init(pdf output: ByteSink, size: Size, title: String) throws(Problem) {
    try unsafe self.init(
      cairo_pdf_surface_create_for_stream(ByteSink.write, output.closure, size.width, size.height), output: output)
    unsafe cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_5)
    unsafe cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title)
    unsafe cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Heatdrift")
    // Without this Cairo writes the time of day.
    unsafe cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, nil)
  }

  /// Pixels, black so far.
  /// - Throws: `Problem` for more than 32767 of them a side.
  convenience init(width: Int, height: Int) throws(Problem) {
    try unsafe self.init(cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height)), output: nil)
  }

  deinit {
    unsafe cairo_destroy(context)
    unsafe cairo_surface_destroy(surface)
  }

  func check(_ action: String) throws(Problem) {
    for status in unsafe [cairo_status(context), cairo_surface_status(surface)] where status != CAIRO_STATUS_SUCCESS {
      throw .failure(unsafe "Cairo failed to \(action): \(String(cString: cairo_status_to_string(status)))")
    }
  }

  /// Writes everything out; nothing can be drawn after it.
  func finish() throws(Problem) {
    try check("draw")
    unsafe cairo_surface_finish(surface)
    let status = unsafe cairo_surface_status(surface)
    guard status == CAIRO_STATUS_SUCCESS else {
      throw .failure(unsafe "Cairo failed to write: \(String(cString: cairo_status_to_string(status)))")
    }
  }

  // MARK: - Pages

  /// Of the page of a PDF that is drawn next.
  func setPageSize(_ size: Size) { unsafe cairo_pdf_surface_set_size(surface, size.width, size.height) }

  func endPage() { unsafe cairo_show_page(context) }

  /// - Parameters:
  ///   - parent: what an earlier call gave; nil for an entry of the first level.
  ///   - page: from 1.
  /// - Returns: what entries below it name as their parent.
  func addOutlineEntry(_ title: String, parent: Int32?, page: Int, y: Double) -> Int32 {
    unsafe cairo_pdf_surface_add_outline(
      surface, parent ?? CAIRO_PDF_OUTLINE_ROOT, title, "page=\(page) pos=[0 \(y)]", CAIRO_PDF_OUTLINE_FLAG_OPEN)
  }

  // MARK: - State

  func save() { unsafe cairo_save(context) }
  func restore() { unsafe cairo_restore(context) }
  func translate(_ x: Double, _ y: Double) { unsafe cairo_translate(context, x, y) }
  func scale(_ x: Double, _ y: Double) { unsafe cairo_scale(context, x, y) }
  /// - Parameter angle: in radians, clockwise as it is seen.
  func rotate(_ angle: Double) { unsafe cairo_rotate(context, angle) }
  func clip() { unsafe cairo_clip(context) }

  /// To the page's own coordinates, with nothing cut off.
  func resetClipAndPlace() {
    unsafe cairo_reset_clip(context)
    unsafe cairo_identity_matrix(context)
  }

  func setColour(_ colour: Colour) {
    unsafe cairo_set_source_rgba(context, colour.red, colour.green, colour.blue, colour.alpha)
  }

  func setPicture(_ picture: CairoPicture, smooth: Bool, extendsEdges: Bool) {
    unsafe cairo_set_source_surface(context, picture.surface, 0, 0)
    let pattern = unsafe cairo_get_source(context)
    // GOOD makes PDF viewers smooth between pixels, NEAREST keeps steps sharp.
    unsafe cairo_pattern_set_filter(pattern, smooth ? CAIRO_FILTER_GOOD : CAIRO_FILTER_NEAREST)
    if extendsEdges { unsafe cairo_pattern_set_extend(pattern, CAIRO_EXTEND_PAD) }
  }

  func setStroke(_ stroke: Stroke) {
    setColour(stroke.colour)
    unsafe cairo_set_line_width(context, stroke.width)
    unsafe cairo_set_dash(context, stroke.dash, Int32(stroke.dash.count), 0)
    unsafe cairo_set_line_cap(context, stroke.roundCap ? CAIRO_LINE_CAP_ROUND : CAIRO_LINE_CAP_BUTT)
    unsafe cairo_set_line_join(context, stroke.roundCap ? CAIRO_LINE_JOIN_ROUND : CAIRO_LINE_JOIN_MITER)
  }

  /// In the coordinates of the page.
  func onPage(_ point: Point) -> Point {
    var (x, y) = (point.x, point.y)
    unsafe cairo_user_to_device(context, &x, &y)
    return Point(x, y)
  }

  // MARK: - Paths

  func beginPath() { unsafe cairo_new_path(context) }
  func move(to point: Point) { unsafe cairo_move_to(context, point.x, point.y) }
  func line(to point: Point) { unsafe cairo_line_to(context, point.x, point.y) }
  func curve(_ a: Point, _ b: Point, to c: Point) { unsafe cairo_curve_to(context, a.x, a.y, b.x, b.y, c.x, c.y) }
  func closePath() { unsafe cairo_close_path(context) }
  func rectangle(_ rect: Rect) { unsafe cairo_rectangle(context, rect.x, rect.y, rect.width, rect.height) }
  func fill() { unsafe cairo_fill(context) }
  /// The path stays.
  func fillPreserving() { unsafe cairo_fill_preserve(context) }
  func stroke() { unsafe cairo_stroke(context) }
  func paint() { unsafe cairo_paint(context) }

  /// For who draws by another library, which is given the context and must not keep it.
  func withContext(_ body: (OpaquePointer) -> Void) { unsafe body(context) }

  // MARK: - Glyphs

  /// The outline of a glyph in thousandths of the font's size, y down from the baseline; nil where the font cannot be used.
  static func outline(of glyph: UInt, face: OpaquePointer?) -> [PathElement]? {
    guard let face = unsafe face, let surface = try? CairoSurface(width: 1, height: 1) else { return nil }
    var (large, plain) = (cairo_matrix_t(), cairo_matrix_t())
    unsafe cairo_matrix_init_scale(&large, 1000, 1000)
    unsafe cairo_matrix_init_identity(&plain)
    let options = unsafe cairo_font_options_create()
    defer { unsafe cairo_font_options_destroy(options) }
    unsafe cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    unsafe cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    let font = unsafe cairo_scaled_font_create(face, &large, &plain, options)
    defer { unsafe cairo_scaled_font_destroy(font) }
    guard unsafe cairo_scaled_font_status(font) == CAIRO_STATUS_SUCCESS else { return nil }
    unsafe cairo_set_scaled_font(surface.context, font)
    var place = cairo_glyph_t(index: glyph, x: 0, y: 0)
    unsafe cairo_glyph_path(surface.context, &place, 1)
    return surface.path
  }

  /// What has been begun, and not drawn.
  var path: [PathElement] {
    guard let path = unsafe cairo_copy_path(context) else { return [] }
    defer { unsafe cairo_path_destroy(path) }
    guard unsafe path.pointee.status == CAIRO_STATUS_SUCCESS, let data = unsafe path.pointee.data else { return [] }
    var elements: [PathElement] = []
    var index = 0
    func point(_ offset: Int) -> Point { unsafe Point(data[index + offset].point.x, data[index + offset].point.y) }
    while unsafe index < Int(path.pointee.num_data) {
      let header = unsafe data[index].header
      switch header.type {
      case CAIRO_PATH_MOVE_TO: elements.append(.move(point(1)))
      case CAIRO_PATH_LINE_TO: elements.append(.line(point(1)))
      case CAIRO_PATH_CURVE_TO: elements.append(.curve(point(1), point(2), point(3)))
      default: elements.append(.close)
      }
      index += max(1, Int(header.length))
    }
    return elements
  }

  // MARK: - Pixels

  /// Of a surface of pixels.
  func image() throws(Problem) -> RGBImage {
    unsafe cairo_surface_flush(surface)
    guard let data = unsafe cairo_image_surface_get_data(surface) else { throw .failure("Cairo gave no pixels") }
    let stride = unsafe Int(cairo_image_surface_get_stride(surface))
    let width = unsafe Int(cairo_image_surface_get_width(surface))
    let height = unsafe Int(cairo_image_surface_get_height(surface))
    var pixels = [UInt8](repeating: 0, count: 3 * width * height)
    for y in 0..<height {
      let row = unsafe UnsafeMutableRawPointer(data + y * stride).assumingMemoryBound(to: UInt32.self)
      for x in 0..<width {
        let to = 3 * (y * width + x)
        let pixel = unsafe row[x]
        pixels[to] = UInt8(truncatingIfNeeded: pixel >> 16)
        pixels[to + 1] = UInt8(truncatingIfNeeded: pixel >> 8)
        pixels[to + 2] = UInt8(truncatingIfNeeded: pixel)
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }
}

/// Collects what Cairo writes.
final class ByteSink {
  var bytes: [UInt8] = []

  /// For `cairo_*_surface_create_for_stream`, with the sink as closure.
  fileprivate static let write: cairo_write_func_t = { closure, data, length in
    guard let closure = unsafe closure, let data = unsafe data else { return CAIRO_STATUS_WRITE_ERROR }
    let sink = unsafe Unmanaged<ByteSink>.fromOpaque(closure).takeUnretainedValue()
    unsafe sink.bytes.append(contentsOf: UnsafeBufferPointer(start: data, count: Int(length)))
    return CAIRO_STATUS_SUCCESS
  }

  fileprivate var closure: UnsafeMutableRawPointer { unsafe Unmanaged.passUnretained(self).toOpaque() }
}
