using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Tests.Errors;

public sealed class ErrorCodesTests
{
    public static TheoryData<ErrorCode> All => [.. Enum.GetValues<ErrorCode>()];

    [Theory]
    [MemberData(nameof(All))]
    public void NameOf_EveryCode_ParsesBack(ErrorCode code)
    {
        var name = ErrorCodes.NameOf(code);
        Assert.True(Enum.IsDefined(ErrorCodes.KindOf(code)));

        Assert.Matches("^[A-Z]+(_[A-Z]+)+$", name);
        Assert.True(ErrorCodes.TryParse(name, out var again));
        Assert.Equal(code, again);
    }

    [Theory]
    [InlineData(ErrorCode.BaseMismatch, "BASE_MISMATCH")]
    [InlineData(ErrorCode.HeaderInvalidJson, "HEADER_INVALID_JSON")]
    [InlineData(ErrorCode.HeaderUnknownDtype, "HEADER_UNKNOWN_DTYPE")]
    [InlineData(ErrorCode.IndexOutOfRange, "INDEX_OUT_OF_RANGE")]
    [InlineData(ErrorCode.CorruptFrame, "CORRUPT_FRAME")]
    [InlineData(ErrorCode.TooLarge, "TOO_LARGE")]
    public void NameOf_Code_IsItsWordsInUpperCase(ErrorCode code, string name) => Assert.Equal(name, ErrorCodes.NameOf(code));

    [Theory]
    [InlineData("")]
    [InlineData("base_mismatch")]
    [InlineData("NO_SUCH_CODE")]
    public void TryParse_UnknownName_IsFalse(string name) => Assert.False(ErrorCodes.TryParse(name, out _));

    [Theory]
    [MemberData(nameof(All))]
    public void KindOf_EveryCode_HasTheFamilyOfItsName(ErrorCode code)
    {
        var kind = ErrorCodes.KindOf(code);
        var name = code.ToString();

        Assert.Equal(name.EndsWith("NotFound", StringComparison.Ordinal), kind == ErrorKind.NotFound);
        Assert.Equal(name.EndsWith("Taken", StringComparison.Ordinal) || name.EndsWith("Pinned", StringComparison.Ordinal)
            || name.EndsWith("Changed", StringComparison.Ordinal) || code is ErrorCode.BaseInUse
            || name.EndsWith("Busy", StringComparison.Ordinal), kind == ErrorKind.Conflict);
        Assert.Equal(name.EndsWith("TooLarge", StringComparison.Ordinal), kind == ErrorKind.TooLarge);
    }
}
