using FishCheckpoint.Errors;

namespace FishCheckpoint.Training;

/// <summary>Validates optimizers' options.</summary>
internal static class OptionCheck
{
    /// <summary>Refuses a negative or non-finite value.</summary>
    public static void NotNegative(double value, string name)
    {
        if (!(value >= 0 && double.IsFinite(value)))
        {
            throw new FishException(ErrorCode.RequestInvalid, name, $"{value} is negative or not finite.", "Give 0 or more.");
        }
    }

    /// <summary>Refuses a value outside [0, 1).</summary>
    public static void BelowOne(double value, string name)
    {
        if (!(value is >= 0 and < 1))
        {
            throw new FishException(ErrorCode.RequestInvalid, name, $"{value} is not from 0 to below 1.", "Give a share, such as 0.9.");
        }
    }
}
