using System.Text;
using FishCheckpoint.Benchmarks.EndToEnd.Reports;
using FishCheckpoint.Benchmarks.Sizes;
using FishCheckpoint.Codec;

namespace FishCheckpoint.Benchmarks.Speed;

/// <summary>One thread, payload only: how fast the coder is alone, and how fast with all that a save and a restore do beside it.</summary>
internal static class CodecSpeedRun
{
    private const int WarmUps = 20;
    private const int Rounds = 9;

    private static readonly (string Name, CodecEffort Effort)[] Efforts = [("small", CodecEffort.Small), ("fast", CodecEffort.Fast)];

    public static void Run(string folder, bool write)
    {
        var (text, corpus) = (new StringBuilder(), new Corpus(folder));
        text.AppendLine($"Machine: {Machine.Describe()} Corpus: {corpus.Made}.\n");
        Head(text, "16 bits: MB of the model a second", "a changed value");
        foreach (var pair in Pair.OfFolder(folder, corpus))
        {
            Measure(text, pair.Title.Split(':')[0], pair.Before.Layout.Bytes, effort => new BlocksSpeed(pair, effort));
        }

        text.AppendLine();
        Head(text, "float32, a fixed mask: MB of the raw values a second", "a value");
        foreach (var (name, training) in corpus.FishRuns)
        {
            var steps = new MaskedSteps(new FishFolder(Path.Combine(folder, name)));
            Measure(text, $"distances from the step before: {training}", steps.ValueBytes, effort => new DistanceSpeed(steps, effort));
            Measure(text, $"predictions: {training}", steps.ValueBytes, effort => new PredictionSpeed(steps, effort));
        }

        BenchmarkPage.Publish("codec-speed", text.ToString(), write);
    }

    private static void Head(StringBuilder text, string what, string each) => text.AppendLine(
        $"| {what} | bytes {each} | coder alone: encode | decode | as stored: encode | decode |\n|---|---:|---:|---:|---:|---:|");

    private static void Measure(StringBuilder text, string title, long bytes, Func<CodecEffort, ICodecSpeed> create)
    {
        var subjects = Efforts.Select(effort =>
            (effort.Name, Speed: create(effort.Effort), Times: Enumerable.Range(0, 4).Select(_ => new Samples()).ToArray())).ToList();
        for (var round = -WarmUps; round < Rounds; round++)
        {
            foreach (var (_, speed, times) in subjects)
            {
                var keep = round >= 0 ? times : [.. Enumerable.Range(0, 4).Select(_ => new Samples())];
                keep[0].Time(speed.EncodeAlone);
                speed.Reset();
                keep[1].Time(speed.DecodeAlone);
                speed.Check();
                keep[2].Time(speed.EncodeStored);
                speed.Reset();
                keep[3].Time(speed.DecodeStored);
                speed.Check();
            }
        }

        foreach (var (name, speed, times) in subjects)
        {
            var rates = string.Join(" | ", times.Select(samples => samples.Rate(bytes / 1e6)));
            var line = $"| {title}, {name} | {speed.BytesPerValue:0.000} | {rates} |";
            Console.WriteLine(line);
            text.AppendLine(line);
        }
    }
}
