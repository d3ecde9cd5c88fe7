using FishCheckpoint.Cli.Output;
using Spectre.Console;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Output;

public sealed class FittedTableTests
{
    [Theory]
    [InlineData(24)]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(120)]
    [InlineData(200)]
    public void Table_OfAnyWidth_FitsAndCutsNoNumber(int width)
    {
        var lines = Render(width, Table());
        Assert.All(lines, line => Assert.InRange(line.Length, 0, width));
        Assert.All(lines, line => Assert.Equal(line, line.TrimEnd()));
        foreach (var number in lines.SelectMany(line => line.Split(' ')).Where(word => word.Length > 0 && char.IsAsciiDigit(word[0])))
        {
            Assert.DoesNotContain('…', number);
            Assert.Contains(number, (string[])["1,234,567,890", "12.5", "7", "2026-01-31"]);
        }
    }

    [Fact]
    public void Table_WithRoomForAll_ShowsAll()
    {
        var text = string.Join('\n', Render(200, Table()));
        Assert.Contains("1,234,567,890", text, StringComparison.Ordinal);
        Assert.Contains("a description that goes on for quite a while", text, StringComparison.Ordinal);
        Assert.DoesNotContain("not shown", text, StringComparison.Ordinal);
        Assert.Contains(new string('█', 12), text, StringComparison.Ordinal);
    }

    [Fact]
    public void Table_WithLittleRoom_ShortensTextAndNamesWhatIsLeftOut()
    {
        var lines = Render(60, Table());
        Assert.Contains(lines, line => line.Contains('…') && line.Contains("1,234,567,890", StringComparison.Ordinal));
        Assert.StartsWith("not shown here: ", lines[^1], StringComparison.Ordinal);
        Assert.Contains("share", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Table_OfWideLetters_IsMeasuredByCells()
    {
        var table = Tables.Create(">n", "name");
        table.Row("1", "模型模型模型模型模型");
        var row = Render(14, table)[2];
        Assert.Equal("1  模型模型模…", row);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(null)]
    public void Table_HoweverNarrow_ShowsTheKeyColumnWhole(int? width)
    {
        const string Long = "roberta-large-mnli.seed-17.lr-3e-5.fish-0.5-percent";
        var table = Tables.Create("task", ">values", "description");
        table.Row(Long, "1,234", "text that gives way");
        table.Row("b", "7", "");
        using var output = new StringWriter();
        var traits = width is null ? TerminalTraits.Plain : TerminalTraits.Plain with { OutputIsTerminal = true, Columns = width };
        Terminal.Of(output, TextWriter.Null, traits).Console.Write(table);
        Assert.Contains(Long, output.ToString().ReplaceLineEndings(string.Empty), StringComparison.Ordinal);
        Assert.Equal(width is null or 80, output.ToString().Contains("1,234", StringComparison.Ordinal));
    }

    [Fact]
    public void Table_OfHostileText_SendsNoControlCharacters()
    {
        var table = Tables.Create("name", "text");
        table.Row("a\u001b[2Jb", "c\r\nd\te");
        Assert.Equal("a [2Jb  c  d e", Render(100, table)[2]);
    }

    [Fact]
    public void Table_WithoutRows_HasItsHead() => Assert.Equal(["task  base", "────  ────"], Render(80, Tables.Create("task", "base")));

    [Fact]
    public void Plan_TheLeastImportant_GoesFirst()
    {
        Assert.Equal([5, 0, 5], ColumnFit.Plan([(5, 5, 0), (5, 5, -1), (5, 5, 0)], 13));
        Assert.Equal([5, 0, 0], ColumnFit.Plan([(5, 5, 0), (5, 5, -1), (5, 5, 0)], 6));
        Assert.Equal([3, 5, 5], ColumnFit.Plan([(3, 3, -9), (5, 5, 0), (5, 5, 0)], 17));
        Assert.Equal([9, 4], ColumnFit.Plan([(3, 20, 0), (4, 4, 0)], 15));
    }

    private static FittedTable Table()
    {
        var table = Tables.Create("task", ">values", "?>ratio", "description", "?=saved", "share");
        table.Row(
            ["sst2-with-a-long-name", "1,234,567,890", "12.5", "a description that goes on for quite a while", "2026-01-31"],
            Tables.Bar(0.5, Color.Green));
        table.Row(["b", "7", "12.5", "", "2026-01-31"], Tables.Bar(0.001, Color.Green));
        return table;
    }

    private static string[] Render(int width, FittedTable table)
    {
        using var output = new StringWriter();
        var traits = TerminalTraits.Plain with { OutputIsTerminal = true, Columns = width };
        Terminal.Of(output, TextWriter.Null, traits).Console.Write(table);
        return output.ToString().TrimEnd('\n').Split('\n');
    }
}
