// Room:  the tests of Codec.
// Task:  the golden payloads, format 1, in hex: what is said, kind, coordinates, values.
// May:   nothing.

enum Golden {
    static let vectors: [(name: String, hex: String)] = [
        (
            "all f32 all plain",
            "0000ae5c1470998feb3dc26685d700ae5c1470998feb3dc26685d700ae5c1470998feb3dc266"
                + "85d700ae5c1470998feb3dc26685d700ae5c1470998feb3dc26685d700000000000000000000"
                + "000000478fae3d99c2510af566eba300478fae3d99c2510af566eba300478fae3d99c2510af5"
                + "66eba300478fae3d99c2510af566eba300478fae3d99c2510af566eba3000000000000000000"
                + "000000402102c78a19f5b857a8e61130402102c78a19f5b857a8e61130402102c78a19f5b857"
                + "a8e61130402102c78a19f5b857a8e61130402102c78a19f5b857a8e6113040a8885010a08040"
                + "e0307098bebebebdbdbdbb3c3d3d3d3e3ebebebebdbdbdbb3c3d3d3d3e3ebebebebdbdbdbb3c"
                + "3d3d3d3e3ebebebebdbdbdbb3c3d3d3d3e3ebebebebdbdbdbb3c3d3d3d3e3ebebabababab9b8"
                + "39393a3a3a"
        ),
        (
            "all f32 all deflated",
            "20635817235230b3ffb5eda1b4d6eb0ce47090817bff3adb998702b9bea6bd5e4c1607093828"
                + "321def92fcba237cc5334103b2382b3a02041634383c302898b16fdfbebd7bf7eeb6b1b5b5b5"
                + "b3238bb30b0876eeb0b4b4b2b20200"
        ),
        (
            "all f32 all range",
            "4070ffc7fc0c1f891fbbc3b56b2f9ea40eb61c5f296839b27e841d40fccebafe0d8b70220cb4"
                + "e4b97ac7b13d797ebe0fc59478322fed4ee279c695e66be2a82f43ff018febc54b38421130e1"
                + "0ceefecab749ff3e866918c5c1fc05f14f91f6708099180c9ff3a6eb92db672e622c7d80c55b"
                + "7eaacd4fb2a55beb51630870cb69a7f4fb4726514014563b6b715232e9b685d01b0c05da71f4"
                + "26e98f25ddf8b356ccd06902e44968f82638d814a96c39eab92bbdbd6e8d87d842838ee1b1b8"
                + "4e792ab51bf7ca299e09ee4f2433320a546118c069bdac923c36e63790152e46607c0e869c50"
                + "0fa5230f0d6bed723194f4572268b748cd0700f33691a10f8697ded724e79f1f4f74c94ca9f7"
        ),
        (
            "few f32 riceByTensor plain",
            "040922b1041c78083300aeeb3dc2ebc26600000047510af551f56600004021b857a8b8a8e6a0"
                + "98bebe3c3d3d3c3d3db93a"
        ),
        (
            "few f32 riceByTensor deflated",
            "240922b1041c7808336358f7daf6d0eb43690c0c0cee815c5f03bf02590e8a3bc257ec58f16c"
                + "c18c7dfb6c6c6d8168a71500"
        ),
        (
            "few f32 riceByTensor range",
            "440922b1041c780833733fc6ca0caf889eaf389976615ef26191386929fd22fdda66987d3e45"
                + "f349e19d4c1b9bf7ea"
        ),
        (
            "few f32 riceByBlock plain",
            "080922b1041c78dc0000aeeb3dc2ebc26600000047510af551f56600004021b857a8b8a8e6a0"
                + "98bebe3c3d3d3c3d3db93a"
        ),
        (
            "few f32 riceByBlock deflated",
            "280922b1041c78dc006358f7daf6d0eb43690c0c0cee815c5f03bf02590e8a3bc257ec58f16c"
                + "c18c7dfb6c6c6d8168a71500"
        ),
        (
            "few f32 riceByBlock range",
            "480922b1041c78dc00733fc6ca0caf889eaf389976615ef26191386929fd22fdda66987d3e45"
                + "f349e19d4c1b9bf7ea"
        ),
        (
            "few f32 varint plain",
            "0c0963606065601097666067050000aeeb3dc2ebc26600000047510af551f56600004021b857"
                + "a8b8a8e6a098bebe3c3d3d3c3d3db93a"
        ),
        (
            "few f32 varint deflated",
            "2c096360606560109766606705006358f7daf6d0eb43690c0c0cee815c5f03bf02590e8a3bc2"
                + "57ec58f16cc18c7dfb6c6c6d8168a71500"
        ),
        (
            "few f32 varint range",
            "4c09636060656010976660670500733fc6ca0caf889eaf389976615ef26191386929fd22fdda"
                + "66987d3e45f349e19d4c1b9bf7ea"
        ),
        (
            "few f32 bitmap plain",
            "10098303000002000060401000aeeb3dc2ebc26600000047510af551f56600004021b857a8b8"
                + "a8e6a098bebe3c3d3d3c3d3db93a"
        ),
        (
            "few f32 bitmap deflated",
            "3009830300000200006040106358f7daf6d0eb43690c0c0cee815c5f03bf02590e8a3bc257ec"
                + "58f16cc18c7dfb6c6c6d8168a71500"
        ),
        (
            "few f32 bitmap range",
            "500983030000020000604010733fc6ca0caf889eaf389976615ef26191386929fd22fdda6698"
                + "7d3e45f349e19d4c1b9bf7ea"
        ),
        (
            "few f32 deflatedBitmap plain",
            "14096b666660606260487010000000aeeb3dc2ebc26600000047510af551f56600004021b857"
                + "a8b8a8e6a098bebe3c3d3d3c3d3db93a"
        ),
        (
            "few f32 deflatedBitmap deflated",
            "34096b66666060626048701000006358f7daf6d0eb43690c0c0cee815c5f03bf02590e8a3bc2"
                + "57ec58f16cc18c7dfb6c6c6d8168a71500"
        ),
        (
            "few f32 deflatedBitmap range",
            "54096b6666606062604870100000733fc6ca0caf889eaf389976615ef26191386929fd22fdda"
                + "66987d3e45f349e19d4c1b9bf7ea"
        ),
        (
            "few f32 range plain",
            "180900aeeb3dc2ebc26600000047510af551f56600004021b857a8b8a8e6a098bebe3c3d3d3c"
                + "3d3db93afc57751f29"
        ),
        (
            "few f32 range deflated",
            "38096358f7daf6d0eb43690c0c0cee815c5f03bf02590e8a3bc257ec58f16cc18c7dfb6c6c6d"
                + "8168a71500fc57751f29"
        ),
        (
            "few f32 range range",
            "5809fc57751f28dcc34363325742dc56650bef70cb1449241c5f865fb210d9118543a31497d6"
                + "86a9833e6212bb"
        ),
        (
            "many f32 riceByBlock plain",
            "0844e0fbf7efdfbf7ffffe1d7c00ae5c14708feb3dc26685d7005c1470998feb3dc285d700ae"
                + "5c147099eb3dc26685d700ae1470998feb3dc266d700ae5c1470998f3dc26685d70000000000"
                + "00000000000000478fae3dc2510af566eba3008fae3d99c2510af5eba300478fae3d99510af5"
                + "66eba30047ae3d99c2510af566a300478fae3d99c20af566eba3000000000000000000000040"
                + "2102c78af5b857a8e611304002c78a19f5b857a81130402102c78a19b857a8e611304021c78a"
                + "19f5b857a8e630402102c78a19f557a8e6113040a88810a08040e0307098bebebebdbdbb3c3d"
                + "3d3d3e3ebebebdbdbdbb3c3d3d3e3ebebebebdbdbd3c3d3d3d3e3ebebebdbdbdbb3c3d3d3d3e"
                + "bebebebdbdbdbb3d3d3d3e3ebebababab9b839393a3a3a"
        ),
        (
            "many f32 range range",
            "58446ab3f610a4a43be2cbe75021d510d6edf015417cc6b984a9d6f30d14f4105b3a68d59e8c"
                + "853187d57c3dfda5f71f60ca1924d6cef112e9e962fd3fcb4bb20a8e89380e9aa520e3a77ac4"
                + "2e0720fb351d2eff78917eecd24e70beb35f4b27fcf490f6fcd443abad590ef3083f448dc493"
                + "817b7abc687724fe3b84fb4cb733c161b6ba6c6e9dfc50f85713f00493934951ec292a5a44c1"
                + "b7fbeff8c647089e1692fc4a494a0f3596251087623e25bbe30205f47a1ca8c7adc74d8107f3"
                + "7721af7612b62f142f0884d037d481a92ff98b9bdb446dd9c0565ccb4b0d525c9b81a4153866"
                + "6162b94a19fb7a72ff75c55ba683708a23"
        ),
        (
            "all bf16 all plain",
            "01402103c88a1af6b857a9e61231402103c88a1af6b857a9e61231402103c88a1af6b857a9e6"
                + "1231402103c88a1af6b857a9e61231402103c88a1af6b857a9e6123140a8885010a08040e030"
                + "7098bebebebdbdbdbb3c3d3d3d3e3ebebebebdbdbdbb3c3d3d3d3e3ebebebebdbdbdbb3c3d3d"
                + "3d3e3ebebebebdbdbdbb3c3d3d3d3e3ebebebebdbdbdbb3c3d3d3d3e3ebebabababab9b83939"
                + "3a3a3a"
        ),
        (
            "all bf16 all deflated",
            "217350643ed125f56d47f8ca6742860ee470567404082c68707860503063dfbe7d7bf7eedd6d"
                + "636b6b6b674716671710ecdc61696965650500"
        ),
        (
            "all bf16 all range",
            "4170ffc7fc153fa513ed33f5466f4328dbeef2ea7c416449198d73028fc3ee5bc506062f1194"
                + "f834f100e9640a44d83eb175b86f1fbbb6e06e0f2ddfea0e64ef7b71a6dbeec6773a3281652e"
                + "645b56db7e674cb2884cc5139a253318b84b58c3b8a417ba7c52e4c5d581f03d05633b16"
        ),
        (
            "few bf16 riceByTensor plain",
            "050922b1041c7808334021b857a9b8a9e6a098bebe3c3d3d3c3d3db93a"
        ),
        (
            "few bf16 riceByTensor deflated",
            "250922b1041c7808337350dc11be72c7ca670b66ecdb67636b0b443bad00"
        ),
        (
            "few bf16 riceByTensor range",
            "450922b1041c780833733fc6ca154e9c8afaa8223458093bb7b59f"
        ),
        (
            "few bf16 riceByBlock plain",
            "090922b1041c78dc004021b857a9b8a9e6a098bebe3c3d3d3c3d3db93a"
        ),
        (
            "few bf16 riceByBlock deflated",
            "290922b1041c78dc007350dc11be72c7ca670b66ecdb67636b0b443bad00"
        ),
        (
            "few bf16 riceByBlock range",
            "490922b1041c78dc00733fc6ca154e9c8afaa8223458093bb7b59f"
        ),
        (
            "few bf16 varint plain",
            "0d096360606560109766606705004021b857a9b8a9e6a098bebe3c3d3d3c3d3db93a"
        ),
        (
            "few bf16 varint deflated",
            "2d096360606560109766606705007350dc11be72c7ca670b66ecdb67636b0b443bad00"
        ),
        (
            "few bf16 varint range",
            "4d09636060656010976660670500733fc6ca154e9c8afaa8223458093bb7b59f"
        ),
        (
            "few bf16 bitmap plain",
            "1109830300000200006040104021b857a9b8a9e6a098bebe3c3d3d3c3d3db93a"
        ),
        (
            "few bf16 bitmap deflated",
            "3109830300000200006040107350dc11be72c7ca670b66ecdb67636b0b443bad00"
        ),
        (
            "few bf16 bitmap range",
            "510983030000020000604010733fc6ca154e9c8afaa8223458093bb7b59f"
        ),
        (
            "few bf16 deflatedBitmap plain",
            "15096b66666060626048701000004021b857a9b8a9e6a098bebe3c3d3d3c3d3db93a"
        ),
        (
            "few bf16 deflatedBitmap deflated",
            "35096b66666060626048701000007350dc11be72c7ca670b66ecdb67636b0b443bad00"
        ),
        (
            "few bf16 deflatedBitmap range",
            "55096b6666606062604870100000733fc6ca154e9c8afaa8223458093bb7b59f"
        ),
        ("few bf16 range plain", "19094021b857a9b8a9e6a098bebe3c3d3d3c3d3db93afc57751f29"),
        (
            "few bf16 range deflated",
            "39097350dc11be72c7ca670b66ecdb67636b0b443bad00fc57751f29"
        ),
        ("few bf16 range range", "5909fc57751f28dcc343633533c88d009e1bc59783f5c88f02"),
        (
            "many bf16 riceByBlock plain",
            "0944e0fbf7efdfbf7ffffe1d7c402103c88af6b857a9e612314003c88a1af6b857a912314021"
                + "03c88a1ab857a9e612314021c88a1af6b857a9e631402103c88a1af657a9e6123140a88810a0"
                + "8040e0307098bebebebdbdbb3c3d3d3d3e3ebebebdbdbdbb3c3d3d3e3ebebebebdbdbd3c3d3d"
                + "3d3e3ebebebdbdbdbb3c3d3d3d3ebebebebdbdbdbb3d3d3d3e3ebebababab9b839393a3a3a"
        ),
        (
            "many bf16 range range",
            "59446ab3f610a4a43be2cc0925aa315e419493f0d90ec25ccc269006ce2d430ab10b95e18add"
                + "2c48af15c1dc87f812b84062a7d14ffb65a0815d4c1ae9001234c9922163794f7a37a995fe45"
                + "3fd9588f789fd06a4e239a6570de23b7020dc3028c1028980ba3bcc8bcd920"
        ),
        (
            "all q8 all plain",
            "02c2c23a3a8196aabed2e7fb0f23384c60758196aabed2e7fb0f23384c60758196aabed2e7fb"
                + "0f23384c60758196aabed2e7fb0f23384c60758196aabed2e7fb0f23384c607581ffffff0000"
                + "000000000101"
        ),
        (
            "all q8 all deflated",
            "223b74c8caaa71daaa7d979effe657b6f04928258bf3ffff7f063060640400"
        ),
        (
            "all q8 all range",
            "427484b08b4403a6ad8a73400cdea0ed54fba793445e3d3e18534931c86ec9d8f81c56cb979c"
                + "0ed267a05b9313e69e9b5e3dabd8918ebb68a53217d3ec4bec5c8770b5cf0336ec7fd047ea06"
                + "ff2639a0434aff82"
        ),
        ("few q8 riceByTensor plain", "060922b1041c780833c23a81960f23380f384c0001"),
        ("few q8 riceByTensor deflated", "260922b1041c7808333b64d5388d5fd982dfc287811100"),
        (
            "few q8 riceByTensor range",
            "460922b1041c7808337484b08b4403a6b974d6cd135d616c5c"
        ),
        ("few q8 riceByBlock plain", "0a0922b1041c78dc00c23a81960f23380f384c0001"),
        ("few q8 riceByBlock deflated", "2a0922b1041c78dc003b64d5388d5fd982dfc287811100"),
        ("few q8 riceByBlock range", "4a0922b1041c78dc007484b08b4403a6b974d6cd135d616c5c"),
        ("few q8 varint plain", "0e09636060656010976660670500c23a81960f23380f384c0001"),
        (
            "few q8 varint deflated",
            "2e096360606560109766606705003b64d5388d5fd982dfc287811100"
        ),
        (
            "few q8 varint range",
            "4e096360606560109766606705007484b08b4403a6b974d6cd135d616c5c"
        ),
        ("few q8 bitmap plain", "120983030000020000604010c23a81960f23380f384c0001"),
        ("few q8 bitmap deflated", "3209830300000200006040103b64d5388d5fd982dfc287811100"),
        (
            "few q8 bitmap range",
            "5209830300000200006040107484b08b4403a6b974d6cd135d616c5c"
        ),
        (
            "few q8 deflatedBitmap plain",
            "16096b6666606062604870100000c23a81960f23380f384c0001"
        ),
        (
            "few q8 deflatedBitmap deflated",
            "36096b66666060626048701000003b64d5388d5fd982dfc287811100"
        ),
        (
            "few q8 deflatedBitmap range",
            "56096b66666060626048701000007484b08b4403a6b974d6cd135d616c5c"
        ),
        ("few q8 range plain", "1a09c23a81960f23380f384c0001fc57751f29"),
        ("few q8 range deflated", "3a093b64d5388d5fd982dfc287811100fc57751f29"),
        ("few q8 range range", "5a09fc57751f28dd2f175390a76e13116a05a432943c3f"),
        (
            "many q8 riceByBlock plain",
            "0a44e0fbf7efdfbf7ffffe1d7cc2193a378196aabed2fb0f23384c607581aabed2e7fb0f2338"
                + "60758196aabed2e70f23384c60758196bed2e7fb0f23384c758196aabed2e7fb23384c607581"
                + "ffff000000142f4a647f"
        ),
        (
            "many q8 range range",
            "5a446ab3f610a4a9ec7044be511d8593951386d19db6b83ce5911f8fdf860e38f39b8ce68d22"
                + "20f2f1e8ff1dfae34e87355c5ad5c85208c3f806f85d83b7c9956c4afb11445b07b898b139e6"
                + "68809e63dbad37732c5062"
        ),
        (
            "all q4 all plain",
            "03dbdb3c3ca9cbfd10325496badc0f214365a9cbfd10325496badc0f214365a9cbfd10325496"
                + "000000000000"
        ),
        ("all q4 all deflated", "23bb7ddbc666e5e9bf024621d376dde157744ec5c661000300"),
        (
            "all q4 all range",
            "4378b6b6d42a4961f64a8e9b78d1a4837801f1971cd9d3ebbc2e4fedc8a1b9a8ade2325715ff"
                + "6435f5ae0ba6"
        ),
        ("few q4 riceByTensor plain", "070922b1041c780833db3ca921134300"),
        ("few q4 riceByTensor deflated", "270922b1041c780833bb6db35251d8990100"),
        ("few q4 riceByTensor range", "470922b1041c78083378b6b6d42a50959a2026"),
        ("few q4 riceByBlock plain", "0b0922b1041c78dc00db3ca921134300"),
        ("few q4 riceByBlock deflated", "2b0922b1041c78dc00bb6db35251d8990100"),
        ("few q4 riceByBlock range", "4b0922b1041c78dc0078b6b6d42a50959a2026"),
        ("few q4 varint plain", "0f09636060656010976660670500db3ca921134300"),
        ("few q4 varint deflated", "2f09636060656010976660670500bb6db35251d8990100"),
        ("few q4 varint range", "4f0963606065601097666067050078b6b6d42a50959a2026"),
        ("few q4 bitmap plain", "130983030000020000604010db3ca921134300"),
        ("few q4 bitmap deflated", "330983030000020000604010bb6db35251d8990100"),
        ("few q4 bitmap range", "53098303000002000060401078b6b6d42a50959a2026"),
        ("few q4 deflatedBitmap plain", "17096b6666606062604870100000db3ca921134300"),
        (
            "few q4 deflatedBitmap deflated",
            "37096b6666606062604870100000bb6db35251d8990100"
        ),
        (
            "few q4 deflatedBitmap range",
            "57096b666660606260487010000078b6b6d42a50959a2026"
        ),
        ("few q4 range plain", "1b09db3ca921134300fc57751f29"),
        ("few q4 range deflated", "3b09bb6db35251d8990100fc57751f29"),
        ("few q4 range range", "5b09fc57751f28de9385f6681ff82a9eac"),
        (
            "many q4 riceByBlock plain",
            "0b44e0fbf7efdfbf7ffffe1d7cdb2e3c39a9cb0d214365b9dc0f215396badc1f325496cafd10"
                + "3264a9cbfd204365090000316407"
        ),
        (
            "many q4 range range",
            "5b446ab3f610a4abb83b5f6f9e37ff728d9d462ef01a54afac5448173b57ba0f18e77fcdc17a"
                + "cf0b6acc75d88b093c3113e214"
        ),
    ]
}
