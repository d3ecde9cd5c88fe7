using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Tests.Support;

/// <summary>Asserts that something is refused with one code, and that the error says whom it concerns and what to do.</summary>
internal static class Refused
{
    public static FishException With(ErrorCode code, Action action) => Check(code, Assert.Throws<FishException>(action));

    public static FishException With(ErrorCode code, Func<object?> action) => Check(code, Assert.Throws<FishException>(action));

    public static async Task<FishException> WithAsync(ErrorCode code, Func<Task> action) =>
        Check(code, await Assert.ThrowsAsync<FishException>(action));

    private static FishException Check(ErrorCode code, FishException error)
    {
        Assert.True(code == error.Code, $"{code} was expected: {error.Message}");
        Assert.NotEmpty(error.Key);
        Assert.NotEmpty(error.Cause);
        Assert.NotEmpty(error.Hint);
        return error;
    }
}
