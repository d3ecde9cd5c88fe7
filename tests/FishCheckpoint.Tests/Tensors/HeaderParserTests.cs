using System.Buffers.Binary;
using System.Text;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;
using static FishCheckpoint.Tests.Support.Headers;

namespace FishCheckpoint.Tests.Tensors;

public sealed class HeaderParserTests
{
    public static TheoryData<DType> Types => [.. DTypes.All];

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void ReadLength_PrefixCutShort_IsTruncated(int length) =>
        Refused.With(ErrorCode.HeaderTruncated, () => HeaderParser.ReadLength(new byte[length], length, "f"));

    [Theory]
    [InlineData(SafetensorsHeader.MaxLength + 1UL)]
    [InlineData((ulong)int.MaxValue + 1)]
    [InlineData((ulong)long.MaxValue)]
    [InlineData((ulong)long.MaxValue + 1)]
    [InlineData(ulong.MaxValue)]
    public void ReadLength_MoreThanIsEverRead_IsTooLarge(ulong announced) =>
        Refused.With(ErrorCode.HeaderTooLarge, () => HeaderParser.ReadLength(Prefix(announced), long.MaxValue, "f"));

    [Fact]
    public void ReadLength_MoreThanTheCallersLimit_IsTooLarge()
    {
        Assert.Equal(100, HeaderParser.ReadLength(Prefix(100), null, "f", maxLength: 100));
        Refused.With(ErrorCode.HeaderTooLarge, () => HeaderParser.ReadLength(Prefix(101), null, "f", maxLength: 100));
    }

    [Fact]
    public void ReadLength_MoreThanTheFile_IsTruncated()
    {
        Assert.Equal(92, HeaderParser.ReadLength(Prefix(92), 100, "f"));
        Refused.With(ErrorCode.HeaderTruncated, () => HeaderParser.ReadLength(Prefix(93), 100, "f"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("[]")]
    [InlineData("\u00a0{}")]
    [InlineData("\uFEFF{}")]
    public void Parse_OtherStart_IsInvalidStart(string json) => Refused.With(ErrorCode.HeaderInvalidStart, () => Parse(json));

    [Theory]
    [InlineData("{")]
    [InlineData("{}x")]
    [InlineData("{}{}")]
    [InlineData("{\"a\":1}")]
    [InlineData("{\"a\":[]}")]
    [InlineData("{\"a\":{}}")]
    [InlineData("{\"a\":null}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\"")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}")]
    [InlineData("{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}")]
    [InlineData("{\"a\":{\"dtype\":null,\"shape\":[1],\"data_offsets\":[0,4]}}")]
    [InlineData("{\"a\":{\"dtype\":4,\"shape\":[1],\"data_offsets\":[0,4]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":4}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,2,4]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1")]
    [InlineData("{/* comment */}")]
    [InlineData("{\"\\ud800\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}")]
    [InlineData("{}\0")]
    public void Parse_OtherForm_IsInvalidJson(string json) => Refused.With(ErrorCode.HeaderInvalidJson, () => Parse(json));

    [Theory]
    [InlineData(" \t\r\n{}")]
    [InlineData("{\"__metadata__\":null}")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0],\"more\":1}}")]
    [InlineData("{\"a\":{\"more\":{\"deep\":[[{\"x\":null}]]},\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}")]
    public void Parse_WhatTheReferenceReaderTakes_IsTaken(string json)
    {
        var header = Parse(json, 0);
        Assert.False(header.HasMetadata);
        Assert.Equal(json, System.Text.Encoding.UTF8.GetString(header.Json.Span));
    }

    [Fact]
    public void Parse_MetadataNullTwice_IsDuplicateKey() =>
        Refused.With(ErrorCode.HeaderDuplicateKey, () => Parse("""{"__metadata__":null,"__metadata__":{}}"""));

    [Fact]
    public void Parse_Dimensions_AreAtMostSixtyFour()
    {
        string Of(int dimensions) => Headers.One("U8", $"[{string.Join(',', Enumerable.Repeat(1, dimensions))}]", "[0,1]");
        Assert.Equal(64, Parse(Of(64), 1).Tensors[0].Info.Shape.Count);
        Refused.With(ErrorCode.HeaderInvalidShape, () => Parse(Of(65), 1));
    }

    [Fact]
    public void Parse_DeepNesting_IsRefused()
    {
        Refused.With(ErrorCode.HeaderInvalidShape, () => Parse("{\"a\":{\"shape\":" + new string('[', 100_000)));
        Refused.With(ErrorCode.HeaderInvalidJson, () => Parse(string.Concat(Enumerable.Repeat("{\"a\":", 100_000))));
    }

    [Fact]
    public void Parse_TextThatIsNotUtf8_IsInvalidJson() =>
        Refused.With(
            ErrorCode.HeaderInvalidJson,
            () => HeaderParser.Parse(new byte[] { (byte)'{', (byte)'"', 0xFF, 0xC0, (byte)'"', (byte)'}' }, "f"));

    [Fact]
    public void Parse_TensorTwice_IsDuplicateKey()
    {
        var entry = Entry("U8", "[0]", "[0,0]");

        Refused.With(ErrorCode.HeaderDuplicateKey, () => Parse($$"""{"a":{{entry}},"a":{{entry}}}"""));
        Refused.With(ErrorCode.HeaderDuplicateKey, () => Parse($$"""{"a":{{entry}},"\u0061":{{entry}}}"""));
    }

    [Theory]
    [InlineData("\"dtype\":\"U8\"")]
    [InlineData("\"shape\":[1]")]
    [InlineData("\"data_offsets\":[0,1]")]
    public void Parse_FieldTwice_IsDuplicateKey(string field) => Refused.With(
        ErrorCode.HeaderDuplicateKey, () => Parse("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]," + field + "}}"));

    [Fact]
    public void Parse_NullAndThenADtype_IsRefused() => Refused.With(
        ErrorCode.HeaderInvalidJson, () => Parse("""{"a":{"dtype":null,"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"""));

    [Theory]
    [InlineData("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}")]
    [InlineData("{\"__metadata__\":{},\"__metadata__\":{}}")]
    [InlineData("{\"__metadata__\":{},\"__metadata\\u005f_\":{}}")]
    public void Parse_MetadataKeyTwice_IsDuplicateKey(string json) => Refused.With(ErrorCode.HeaderDuplicateKey, () => Parse(json));

    [Theory]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{\"a\":1}")]
    [InlineData("{\"a\":null}")]
    [InlineData("{\"a\":{\"b\":\"c\"}}")]
    public void Parse_MetadataOfOtherForm_IsInvalidMetadata(string metadata) =>
        Refused.With(ErrorCode.HeaderInvalidMetadata, () => Parse($$"""{"__metadata__":{{metadata}}}"""));

    [Theory]
    [InlineData("f32")]
    [InlineData("")]
    [InlineData("F128")]
    public void Parse_OtherDtype_IsUnknownDtype(string dtype) =>
        Refused.With(ErrorCode.HeaderUnknownDtype, () => Parse(One(dtype, "[1]", "[0,4]")));

    [Theory]
    [InlineData("[-1]")]
    [InlineData("[1.5]")]
    [InlineData("[1e2]")]
    [InlineData("[null]")]
    [InlineData("[\"1\"]")]
    [InlineData("[[1]]")]
    [InlineData("[9223372036854775808]")]
    [InlineData("[4294967296,4294967296]")]
    [InlineData("[9223372036854775807]")]
    [InlineData("[9223372036854775807,9223372036854775807,0]")]
    public void Parse_ShapeThatCannotBe_IsInvalidShape(string shape) =>
        Refused.With(ErrorCode.HeaderInvalidShape, () => Parse(One("F32", shape, "[0,4]")));

    [Theory]
    [InlineData("[-4,0]")]
    [InlineData("[0,4.0]")]
    [InlineData("[0,\"4\"]")]
    [InlineData("[4,0]")]
    [InlineData("[1,5]")]
    [InlineData("[0,3]")]
    [InlineData("[0,5]")]
    [InlineData("[0,18446744073709551616]")]
    [InlineData("[9223372036854775807,3]")]
    public void Parse_OffsetsThatCannotBe_IsInvalidOffsets(string offsets) =>
        Refused.With(ErrorCode.HeaderInvalidOffsets, () => Parse(One("F32", "[1]", offsets)));

    [Theory]
    [InlineData("[0,4]", "[8,12]")] // a hole
    [InlineData("[0,4]", "[0,4]")] // the same bytes
    [InlineData("[0,4]", "[2,6]")] // an overlap
    [InlineData("[4,8]", "[8,12]")] // a hole at the front
    public void Parse_HoleOrOverlap_IsInvalidOffsets(string left, string right) => Refused.With(
        ErrorCode.HeaderInvalidOffsets, () => Parse($$"""{"a":{{Entry("F32", "[1]", left)}},"b":{{Entry("F32", "[1]", right)}}}"""));

    [Fact]
    public void Parse_EmptyTensorInsideAnother_IsInvalidOffsets() => Refused.With(
        ErrorCode.HeaderInvalidOffsets, () => Parse($$"""{"a":{{Entry("F32", "[1]", "[0,4]")}},"b":{{Entry("F32", "[0]", "[2,2]")}}}"""));

    [Theory]
    [InlineData("F4", "[3]", "[0,1]")]
    [InlineData("F6_E2M3", "[2]", "[0,2]")]
    [InlineData("F6_E3M2", "[3,5]", "[0,12]")]
    public void Parse_PackedTypeWithHalfBytes_IsMisaligned(string dtype, string shape, string offsets) =>
        Refused.With(ErrorCode.HeaderMisaligned, () => Parse(One(dtype, shape, offsets)));

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(long.MaxValue)]
    public void Parse_DataOfOtherLength_IsDataMismatch(long dataLength) =>
        Refused.With(ErrorCode.HeaderDataMismatch, () => Parse(One("F32", "[1]", "[0,4]"), dataLength));

    [Theory]
    [MemberData(nameof(Types))]
    public void Parse_EveryDtype_IsTheMirrorOfCreate(DType type)
    {
        var tensor = new TensorInfo("w", type, [4, 6]);
        var written = HeaderWriter.Create([tensor]);
        var read = HeaderParser.Parse(written.Json, "f", tensor.Bytes);

        Assert.Equal(tensor, Assert.Single(read.Tensors).Info);
        Assert.Equal(24L * DTypes.BitsOf(type) / 8, read.DataLength);
        Assert.Equal(written.ToFileBytes(), read.ToFileBytes());
    }

    [Fact]
    public void Parse_NoTensor_IsAnEmptyFile()
    {
        var header = Parse("{}      ", 0);

        Assert.Empty(header.Tensors);
        Assert.Equal((0L, 16L, false), (header.DataLength, header.FileLength, header.HasMetadata));
    }

    [Fact]
    public void Parse_MetadataOnly_IsKept()
    {
        var header = Parse("""{"__metadata__":{"format":"pt","":""}}""", 0);

        Assert.True(header.HasMetadata);
        Assert.Equal("pt", header.Metadata["format"]);
        Assert.Equal("", header.Metadata[""]);
    }

    [Fact]
    public void Parse_EmptyTensors_ShareAnOffsetInTheHeadersOrder()
    {
        var header = Parse(
            $$"""{"z":{{Entry("F32", "[0]", "[4,4]")}},"b":{{Entry("F32", "[1]", "[4,8]")}}"""
            + $$""","y":{{Entry("I8", "[2,0]", "[4,4]")}},"a":{{Entry("F32", "[]", "[0,4]")}}}""", 8);

        Assert.Equal(["a", "z", "y", "b"], header.Tensors.Select(tensor => tensor.Info.Name));
    }

    [Fact]
    public void Parse_OtherOrderThanTheData_OrdersByOffset()
    {
        var header = Parse($$"""{"second":{{Entry("F32", "[1]", "[2,6]")}},"first":{{Entry("U8", "[2]", "[0,2]")}}}""", 6);

        Assert.Equal(["first", "second"], header.ToLayout().Tensors.Select(tensor => tensor.Name));
        Assert.Equal([0L, 2L], header.Tensors.Select(tensor => tensor.Begin));
    }

    [Theory]
    [InlineData("caf\\u00e9", "café")]
    [InlineData("a\\\"b\\\\c\\/d", "a\"b\\c/d")]
    [InlineData("\\ud83d\\udc1f", "🐟")]
    [InlineData("名前", "名前")]
    [InlineData("", "")]
    [InlineData("../../etc", "../../etc")]
    [InlineData("\\u0000\\n", "\0\n")]
    public void Parse_EscapedName_IsItsText(string json, string name) =>
        Assert.Equal(name, Parse($$"""{"{{json}}":{{Entry("U8", "[1]", "[0,1]")}}}""").Tensors[0].Info.Name);

    [Fact]
    public void Parse_Padding_IsKeptVerbatim()
    {
        var json = One("U8", "[1]", "[0,1]") + "\t\n       ";

        Assert.Equal(json, Encoding.UTF8.GetString(Parse(json, 1).Json.Span));
    }

    [Fact]
    public void Parse_EveryByteFlipped_IsAHeaderOrARefusal()
    {
        var good = HeaderWriter.Create(
            [new TensorInfo("a", DType.F32, [2]), new TensorInfo("b", DType.U8, [3])], new Dictionary<string, string> { ["k"] = "v" });
        for (var index = 0; index < good.Json.Length; index++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var json = good.Json.ToArray();
                json[index] ^= (byte)(1 << bit);
                try
                {
                    Assert.Equal(11, HeaderParser.Parse(json, "f", 11).DataLength);
                }
                catch (FishException)
                {
                    // Refused with a code, as a lie should be.
                }
            }
        }
    }

    private static byte[] Prefix(ulong length)
    {
        var prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, length);
        return prefix;
    }
}
