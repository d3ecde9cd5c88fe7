using FishCheckpoint.Errors;

namespace FishCheckpoint.Interchange.Patching;

/// <summary>Refusals of positions, which every format has ascending, each once.</summary>
internal static class PositionOrder
{
    public static FishException Fail(string key, long position, long before) => position == before
        ? new FishException(ErrorCode.IndexRepeated, key, $"The position {position} occurs twice.",
            "Each position stands once; the version is damaged or hostile.")
        : new FishException(ErrorCode.IndexUnsorted, key, $"The position {position} follows {before}.",
            "Positions ascend; the version is damaged or hostile.");

    public static FishException OutOfRange(string key, long position, long count) => new(
        ErrorCode.IndexOutOfRange, key, $"The position {position} lies outside of the tensor, which has {count}.",
        "The version was made for another model, or is damaged.");
}
