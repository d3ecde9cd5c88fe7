using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Benchmarks.EndToEnd.Chains;

/// <summary>What a chain of steps takes, beside the deltas of the steps alone.</summary>
/// <param name="Stored">Bytes that the steps take.</param>
/// <param name="Bare">
/// Bytes that their deltas take, each laid on the step before it. Of the few that are stored otherwise: what the nearest that is stored so takes.
/// </param>
/// <param name="Composites">How many are stored otherwise.</param>
/// <param name="Deepest">The most deltas of a chain.</param>
/// <param name="Reads">What each step costs to read, in bytes, beside the base and its one delta.</param>
internal sealed record ChainMeasures(long Stored, long Bare, int Composites, int Deepest, IReadOnlyList<double> Reads)
{
    public static ChainMeasures Of(ChainSubject subject)
    {
        var (infos, bare) = (subject.Infos, new List<long>());
        foreach (var info in infos)
        {
            bare.Add(IsBare(info) ? info.StoredBytes : bare[^1]);
        }

        return new ChainMeasures(
            infos.Sum(info => info.StoredBytes), bare.Sum(), infos.Count(info => !IsBare(info)), infos.Max(info => info.Depth),
            [.. infos.Zip(bare, (info, delta) => (double)(subject.BaseBytes + info.ChainBytes) / (subject.BaseBytes + delta))]);
    }

    /// <summary>The steps that cost the most to read, and some between, whose times are measured.</summary>
    public IReadOnlyList<int> Timed(int count) =>
        [.. Enumerable.Range(1, count).Select(index => (index * Reads.Count) / count).Append(Reads.ToList().IndexOf(Reads.Max()) + 1).Distinct().Order()];

    private static bool IsBare(CheckpointInfo info) => info.Parent == (info.Step == 1 ? "base" : $"{info.Step - 1}");
}
