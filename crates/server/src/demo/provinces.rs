//! The 34 provinces and cities under central authority since 1 July 2025 (Resolution 202/2025/QH15), each with the number
//! of deputies of its delegation in the demo: synthetic, 500 in all.

/// A province or city.
pub struct Province {
    /// For ids: `lam-dong`.
    pub code: &'static str,
    /// With its rank: `tỉnh Lâm Đồng`.
    pub name: &'static str,
    /// In English.
    pub english: &'static str,
    /// Deputies of its delegation.
    pub deputies: usize,
}

const fn province(code: &'static str, name: &'static str, english: &'static str, deputies: usize) -> Province {
    Province { code, name, english, deputies }
}

/// All 34.
pub const PROVINCES: [Province; 34] = [
    province("ha-noi", "thành phố Hà Nội", "Hà Nội City", 29),
    province("hue", "thành phố Huế", "Huế City", 8),
    province("hai-phong", "thành phố Hải Phòng", "Hải Phòng City", 17),
    province("da-nang", "thành phố Đà Nẵng", "Đà Nẵng City", 15),
    province("ho-chi-minh", "thành phố Hồ Chí Minh", "Hồ Chí Minh City", 36),
    province("can-tho", "thành phố Cần Thơ", "Cần Thơ City", 17),
    province("lai-chau", "tỉnh Lai Châu", "Lai Châu Province", 7),
    province("dien-bien", "tỉnh Điện Biên", "Điện Biên Province", 7),
    province("son-la", "tỉnh Sơn La", "Sơn La Province", 9),
    province("lang-son", "tỉnh Lạng Sơn", "Lạng Sơn Province", 7),
    province("quang-ninh", "tỉnh Quảng Ninh", "Quảng Ninh Province", 10),
    province("thanh-hoa", "tỉnh Thanh Hóa", "Thanh Hóa Province", 17),
    province("nghe-an", "tỉnh Nghệ An", "Nghệ An Province", 16),
    province("ha-tinh", "tỉnh Hà Tĩnh", "Hà Tĩnh Province", 9),
    province("cao-bang", "tỉnh Cao Bằng", "Cao Bằng Province", 7),
    province("tuyen-quang", "tỉnh Tuyên Quang", "Tuyên Quang Province", 12),
    province("lao-cai", "tỉnh Lào Cai", "Lào Cai Province", 12),
    province("thai-nguyen", "tỉnh Thái Nguyên", "Thái Nguyên Province", 13),
    province("phu-tho", "tỉnh Phú Thọ", "Phú Thọ Province", 17),
    province("bac-ninh", "tỉnh Bắc Ninh", "Bắc Ninh Province", 16),
    province("hung-yen", "tỉnh Hưng Yên", "Hưng Yên Province", 17),
    province("ninh-binh", "tỉnh Ninh Bình", "Ninh Bình Province", 17),
    province("quang-tri", "tỉnh Quảng Trị", "Quảng Trị Province", 12),
    province("quang-ngai", "tỉnh Quảng Ngãi", "Quảng Ngãi Province", 13),
    province("gia-lai", "tỉnh Gia Lai", "Gia Lai Province", 17),
    province("khanh-hoa", "tỉnh Khánh Hòa", "Khánh Hòa Province", 13),
    province("lam-dong", "tỉnh Lâm Đồng", "Lâm Đồng Province", 17),
    province("dak-lak", "tỉnh Đắk Lắk", "Đắk Lắk Province", 16),
    province("dong-nai", "tỉnh Đồng Nai", "Đồng Nai Province", 18),
    province("tay-ninh", "tỉnh Tây Ninh", "Tây Ninh Province", 14),
    province("vinh-long", "tỉnh Vĩnh Long", "Vĩnh Long Province", 17),
    province("dong-thap", "tỉnh Đồng Tháp", "Đồng Tháp Province", 17),
    province("ca-mau", "tỉnh Cà Mau", "Cà Mau Province", 14),
    province("an-giang", "tỉnh An Giang", "An Giang Province", 17),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn thirty_four_delegations_hold_five_hundred_deputies() {
        assert_eq!(PROVINCES.iter().map(|p| p.deputies).sum::<usize>(), 500);
        assert_eq!(PROVINCES.iter().map(|p| p.code).collect::<BTreeSet<_>>().len(), 34);
    }
}
