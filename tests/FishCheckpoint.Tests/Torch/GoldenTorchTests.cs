using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Torch;

public sealed class GoldenTorchTests
{
    public static TheoryData<string> Files => [.. GoldenFiles.Names];

    [Theory]
    [MemberData(nameof(Files))]
    public void Open_FileOfPyTorch_IsTheTensorsThatItSays(string name)
    {
        Assert.True(TorchModel.Is(GoldenFiles.PathOf(name)));
        using var model = TorchModel.Open(GoldenFiles.PathOf(name), GoldenFiles.KeyOf(name));

        GoldenFiles.Check(name, model);
        Assert.Equal("pt", model.Header.Metadata["format"]);
    }

    [Fact]
    public void Open_KeyThatIsNone_SaysWhichThereAre()
    {
        var error = Refused.With(ErrorCode.TorchFileInvalid, () => TorchModel.Open(GoldenFiles.PathOf("nested.pt"), "teacher"));

        Assert.Contains("'model', 'optimizer', 'ema'", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_KeyOfSomethingElse_SaysWhatItIs()
    {
        var error = Refused.With(ErrorCode.TorchFileInvalid, () => TorchModel.Open(GoldenFiles.PathOf("nested.pt"), "optimizer"));

        Assert.Equal("'state' under 'optimizer' is a map, not a tensor.", error.Cause);
    }
}
