yes = có
no = không
row-add = Thêm dòng
row-n = { $label }, dòng { $n }
field-person-unknown = Không tìm thấy người có tên này trong danh bạ.
field-person-several = Có nhiều người trùng: { $names }. Chọn đúng người trong danh sách gợi ý.
field-not-text = Phải là chữ.
field-not-a-day = Nhập ngày theo dạng 20/12/2024.
field-not-a-number = Nhập một số nguyên.
field-too-large = Số lớn hơn { $max }.
field-not-an-option = Chọn một trong các mục.
field-not-yes-no = Chọn có hoặc không.
field-not-rows = Cần là danh sách các dòng.
timeline-program = Hệ thống
timeline-case-opened = mở hồ sơ theo quy trình “{ $procedure }”
timeline-step-entered = đưa hồ sơ đến bước “{ $step }”
timeline-step-entered-due = đưa hồ sơ đến bước “{ $step }”; hạn { $due }
timeline-step-left = hoàn thành bước “{ $step }”
timeline-step-left-outcome = hoàn thành bước “{ $step }”, kết luận: { $outcome }
timeline-form-filled = điền biểu mẫu của bước “{ $step }”
timeline-case-document-attached = đưa vào hồ sơ: { $kind } “{ $title }”
timeline-case-document-signed = ký { $kind }
timeline-case-document-issued = cấp số { $number } ngày { $day } và đóng dấu { $kind }
timeline-case-document-published = công bố { $kind }
timeline-opinion-given = cho ý kiến: { $answer }
timeline-ballot-opened = gửi phiếu lấy ý kiến { $members } Ủy viên
timeline-ballot-cast = ký và gửi phiếu lấy ý kiến
timeline-ballot-closed = kiểm phiếu: { $for } tán thành trên { $all } Ủy viên ({ $share_all }); { $answered } phiếu đã gửi; { $passed ->
    [yes] thông qua
   *[other] không thông qua
 }
timeline-vote-recorded = ghi kết quả biểu quyết: { $for } tán thành trên { $all } ({ $share_all }); { $passed ->
    [yes] thông qua
   *[other] không thông qua
 }
timeline-deadline-passed = ghi nhận bước “{ $step }” quá hạn { $due }
timeline-case-returned = trả hồ sơ từ bước “{ $from }” về bước “{ $to }”
timeline-subcase-requested = mở hồ sơ con theo quy trình “{ $procedure }”
timeline-subcase-closed = nhận kết quả hồ sơ con
timeline-case-closed = kết thúc hồ sơ
timeline-case-note-added = ghi chú
timeline-effect-applied = thực hiện hiệu lực của văn bản
timeline-document-created = bắt đầu soạn “{ $title }”
timeline-document-version-added = lưu “{ $title }”, phiên bản { $version }
timeline-document-reopened = mở lại “{ $title }” để sửa
timeline-document-sealed = đóng dấu “{ $title }”, số { $number }
timeline-document-withdrawn = thu hồi “{ $title }”
holders-many = { $n } người
next-step = Sau đó hồ sơ chuyển đến bước “{ $step }”.
home-since = { $procedure } · chuyển đến lúc { $clock } ngày { $day }
case-open-after = Sau khi mở, hồ sơ ở bước “{ $step }”.
tally-rule = Thông qua khi đạt { $rule }: cần ít nhất { $needed } trên { $members }.
body-case = Hồ sơ thành lập
changes-evidence = bằng chứng kiểm tra lâu dài
changes-form-fill = điền số, ngày hoặc thêm chữ ký
changes-annotation = chú thích
changes-content = nội dung trang
changes-hidden = phần mà trình đọc có thể không hiện
