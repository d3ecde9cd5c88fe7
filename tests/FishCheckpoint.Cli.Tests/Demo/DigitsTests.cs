using FishCheckpoint.Demo;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Demo;

public sealed class DigitsTests
{
    private static readonly Digits Loaded = Digits.Load();

    [Fact]
    public void Load_EmbeddedFile_HoldsAllDigits()
    {
        Assert.Equal((1437, 360), (Loaded.Train.Count, Loaded.Test.Count));
        Assert.Equal(10, Loaded.Test.Labels.Distinct().Count());
        Assert.All(Loaded.Train.Pixels, pixel => Assert.InRange(pixel, 0, 1));
        Assert.Contains(1f, Loaded.Train.Pixels);
    }

    [Fact]
    public void Load_Twice_DividesInTheSameWay() => Assert.Equal(Loaded.Test.Labels, Digits.Load().Test.Labels);

    [Fact]
    public void Derive_Rotated_FourTimesGivesTheImagesBack()
    {
        var turn = DemoTasks.All.Single(task => task.Name == "rotated").Derive;

        var (once, four) = (turn(Loaded.Test), turn(turn(turn(turn(Loaded.Test)))));

        Assert.NotEqual(Loaded.Test.Pixels, once.Pixels);
        Assert.Equal(Loaded.Test.Pixels, four.Pixels);
    }

    [Fact]
    public void Derive_EveryTask_IsTheSameEachTimeAndFitsItsClasses() => Assert.All(DemoTasks.All, task =>
    {
        var derived = task.Derive(Loaded.Test);

        Assert.Equal(derived.Pixels, task.Derive(Loaded.Test).Pixels);
        Assert.Equal(Loaded.Test.Pixels.Length, derived.Pixels.Length);
        Assert.Equal(Enumerable.Range(0, task.Classes), derived.Labels.Distinct().Order());
    });
}
