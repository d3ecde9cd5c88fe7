
namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads growth per day.</summary>
internal interface IGrowthRows
{
    /// <summary>The present totals.</summary>
    GrowthSum Now(byte[] @base, long task);

    /// <summary>The growth of each day in a range, without days of no growth.</summary>
    List<(int Day, GrowthSum Sum)> Days(byte[] @base, long task, int first, int last);

    /// <summary>The growth after a day.</summary>
    GrowthSum After(byte[] @base, long task, int day);
}
