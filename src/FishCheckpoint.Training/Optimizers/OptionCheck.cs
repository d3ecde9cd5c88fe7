using FishCheckpoint.Errors;

namespace FishCheckpoint.Training;

/// <summary>The ranges of optimizers' options.</summary>
internal static class OptionCheck
{
    /// <summary>Refuses what is negative or not finite.</summary>
    public static void NotNegative(double value, string name)
    {
        if (!(value >= 0 && double.IsFinite(value)))
        {
            throw new FishException(ErrorCode.RequestInvalid, name, $"{value} is negative or not finite.", "Give 0 or more.");
        }
    }

    /// <summary>Refuses what is not from 0 to below 1.</summary>
    public static void BelowOne(double value, string name)
    {
        if (!(value is >= 0 and < 1))
        {
            throw new FishException(ErrorCode.RequestInvalid, name, $"{value} is not from 0 to below 1.", "Give a share, as in 0.9.");
        }
    }
}
