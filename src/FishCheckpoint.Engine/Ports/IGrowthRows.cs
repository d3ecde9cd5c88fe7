
namespace FishCheckpoint.Engine.Ports;

/// <summary>Questions about growth by day.</summary>
internal interface IGrowthRows
{
    /// <summary>What there is now.</summary>
    GrowthSum Now(byte[] @base, long task);

    /// <summary>What each of some days has added, of those that have added something.</summary>
    List<(int Day, GrowthSum Sum)> Days(byte[] @base, long task, int first, int last);

    /// <summary>What the days after one have added.</summary>
    GrowthSum After(byte[] @base, long task, int day);
}
