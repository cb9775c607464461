# Lời của kết quả kiểm tra chữ ký: mỗi kết luận, lý do và thay đổi một câu (EN 319 102-1, bảng 4 đến 6).
indication-total-passed = Chữ ký hợp lệ
indication-total-failed = Chữ ký không hợp lệ
indication-indeterminate = Chưa đủ căn cứ để kết luận về chữ ký

sub-indication-format-failure = Chữ ký không đúng định dạng, hoặc tệp bị thay đổi theo cách không được phép sau khi ký
sub-indication-hash-failure = Nội dung đã bị thay đổi sau khi ký
sub-indication-sig-crypto-failure = Giá trị chữ ký không khớp với khóa và nội dung
sub-indication-revoked-no-poe = Chứng thư đã bị thu hồi, và không chứng minh được chữ ký có trước khi thu hồi
sub-indication-revoked = Chứng thư đã bị thu hồi trước khi ký
sub-indication-out-of-bounds-no-poe = Chứng thư đã hết hạn, và không chứng minh được chữ ký có trước khi hết hạn
sub-indication-out-of-bounds-not-revoked = Ký ngoài thời hạn hiệu lực của chứng thư
sub-indication-not-yet-valid = Chứng thư chưa có hiệu lực
sub-indication-no-signing-certificate-found = Không tìm thấy chứng thư của người ký
sub-indication-no-certificate-chain-found = Chứng thư không dẫn đến gốc nào được tin cậy
sub-indication-certificate-chain-general-failure = Chuỗi chứng thư vi phạm một quy tắc
sub-indication-sig-constraints-failure = Chứng thư không dùng để ký văn bản, hoặc không đúng là chứng thư đã gắn với chữ ký
sub-indication-crypto-constraints-failure = Thuật toán hoặc khóa quá yếu, hoặc không được chấp nhận
sub-indication-try-later = Chưa biết tình trạng thu hồi của chứng thư: hãy kiểm tra lại sau
sub-indication-signed-data-not-found = Không có nội dung đã ký

integrity-intact = Nội dung được ký còn nguyên vẹn
integrity-broken = Nội dung được ký đã bị thay đổi
integrity-unknown = Không xác định được nội dung có còn nguyên vẹn hay không

changes-none = Không có gì thay đổi từ khi ký
changes-evidence = Sau khi ký chỉ bổ sung dữ liệu để kiểm tra lâu dài
changes-form-fill = Sau khi ký có điền biểu mẫu hoặc ký thêm
changes-annotation = Sau khi ký có thêm, sửa hoặc xóa chú thích
changes-content = Sau khi ký, trang hoặc nội dung hiển thị đã bị thay đổi
changes-hidden = Sau khi ký có thay đổi ẩn, không phân biệt được với giả mạo

time-source-time-stamp = thời điểm do dấu thời gian xác nhận
time-source-claimed = thời điểm do người ký tự khai
time-source-none = không rõ thời điểm ký

level-pkcs7 = Chữ ký CMS trần, chứng thư không được gắn với chữ ký
level-b-b = Chữ ký cơ bản
level-b-t = Có dấu thời gian
level-b-lt = Có dấu thời gian và dữ liệu để kiểm tra lâu dài
level-b-lta = Có dữ liệu để kiểm tra lâu dài và dấu thời gian lưu trữ
level-doctimestamp = Dấu thời gian của cả văn bản

report-unreadable = Không đọc được tệp
report-no-signatures = Tệp không có chữ ký nào
report-signer = { $who } ký lúc { $at } ({ $source })
report-stamp = Dấu thời gian của { $who } lúc { $at }
report-not-whole = Chữ ký không bao trùm phần được thêm vào sau
