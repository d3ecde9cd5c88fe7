using FishCheckpoint.Errors;

namespace FishCheckpoint.Interchange.Patching;

/// <summary>Errors about positions, which must be ascending and distinct in every format.</summary>
internal static class PositionOrder
{
    public static FishException Fail(string key, long position, long before) => position == before
        ? new FishException(ErrorCode.IndexRepeated, key, $"The position {position} occurs twice.",
            "Positions must be distinct; the version is damaged or hostile.")
        : new FishException(ErrorCode.IndexUnsorted, key, $"The position {position} follows {before}.",
            "Positions must ascend; the version is damaged or hostile.");

    public static FishException OutOfRange(string key, long position, long count) => new(
        ErrorCode.IndexOutOfRange, key, $"The position {position} is outside the tensor's {count} positions.",
        "The version was made for another model, or is damaged.");
}
