using System.Text;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Tests.Tensors;

public sealed class HeaderWriterTests
{
    [Fact]
    public void Create_Tensors_WritesCompactJsonPaddedToEight()
    {
        var header = HeaderWriter.Create([new TensorInfo("a", DType.F32, [2, 1]), new TensorInfo("b", DType.U8, [])]);

        const string Json =
            """{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[],"data_offsets":[8,9]}}""";
        Assert.Equal(Json.PadRight((Json.Length + 7) / 8 * 8), Encoding.UTF8.GetString(header.Json.Span));
        Assert.Equal(9, header.DataLength);
        Assert.Equal(8 + header.Json.Length, header.DataStart);
    }

    [Fact]
    public void Create_AnyNameLength_PadsToAMultipleOfEight()
    {
        for (var length = 0; length < 17; length++)
        {
            Assert.Equal(0, HeaderWriter.Create([new TensorInfo(new string('n', length), DType.U8, [1])]).Json.Length % 8);
        }
    }

    [Theory]
    [InlineData("plain.weight")]
    [InlineData("café 名前 🐟")]
    [InlineData("quote\" back\\slash / \t\n\0 \u2028 <&>'")]
    [InlineData("")]
    public void Create_AnyName_ParsesBack(string name)
    {
        var header = HeaderWriter.Create([new TensorInfo(name, DType.F16, [2])], new Dictionary<string, string> { [name] = name });
        var again = HeaderParser.Parse(header.Json, "f", 4);

        Assert.Equal(name, again.Tensors[0].Info.Name);
        Assert.Equal(name, again.Metadata[name]);
    }

    [Fact]
    public void Create_NoMetadata_DiffersFromEmptyMetadata()
    {
        Assert.False(HeaderWriter.Create([]).HasMetadata);
        Assert.True(HeaderParser.Parse(HeaderWriter.Create([], new Dictionary<string, string>()).Json, "f", 0).HasMetadata);
    }
}
