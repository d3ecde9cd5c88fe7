using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Sqlite;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>Frames that are opened together are read one by one where reading them together fails.</summary>
public sealed class FrameBatchTests : StoreFixture
{
    [Theory]
    [InlineData(CatalogFault.Damaged)]
    [InlineData(CatalogFault.Unreadable)]
    [InlineData(CatalogFault.Other)]
    internal async Task OpenAll_WhereTheBatchFails_ReadsTheSame(CatalogFault fault)
    {
        var frames = await MakeAsync();
        using var plain = SqliteCatalogConnection.OpenFile(DatabasePath);
        var expected = Read(plain.Rows.Frames.OpenAll(frames));
        foreach (var failing in new[] { "f.id IN (", "frame IN (" })
        {
            using var broken = new Failing(SqliteCatalogConnection.OpenFile(DatabasePath), failing, fault);
            Assert.Equal(expected, Read(broken.Rows.Frames.OpenAll(frames)));
            Assert.True(broken.HasFailed);
        }
    }

    [Fact]
    public async Task OpenAll_WhereNothingCanBeRead_RefusesAsASingleOneDoes()
    {
        var frames = await MakeAsync();
        using var broken = new Failing(SqliteCatalogConnection.OpenFile(DatabasePath), "FROM frames", CatalogFault.Unreadable);
        Assert.Equal(ErrorCode.StorageUnavailable, Assert.Throws<FishException>(() => broken.Rows.Frames.OpenAll(frames)).Code);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1, 4)]
    [InlineData(4, 4)]
    [InlineData(5, 32)]
    [InlineData(256, 256)]
    [InlineData(520, 256, 256, 32)]
    public void In_AnyNumberOfIds_GivesListsOfFewLengthsWithEachIdInOne(int count, params int[] lengths)
    {
        var lists = CatalogConnection.In(Enumerable.Range(1, count).Select(id => (long)id), "first").ToArray();
        Assert.Equal(lengths, lists.Select(list => list.Arguments.Length - 1));
        Assert.All(lists, list => Assert.Equal("first", list.Arguments[0]));
        Assert.All(
            lists, list => Assert.Equal(
                $"({string.Join(", ", Enumerable.Range(1, list.Arguments.Length - 1).Select(number => $"${number}"))})", list.List));
        Assert.Equal(
            Enumerable.Range(1, count).Select(id => (long)id), lists.SelectMany(list => list.Arguments.Skip(1).Distinct()).Cast<long>());
    }

    private async Task<long[]> MakeAsync()
    {
        for (var step = 1; step <= 3; step++)
        {
            await SaveAsync(step, Base.Change(step, 0.0001));
        }

        return [.. new[] { 1, 2, 3 }.Select(step => Ask($"SELECT frame FROM checkpoints WHERE step = {step}"))];
    }

    private static string[] Read(IReadOnlyDictionary<long, IFrame> frames) => [.. frames.OrderBy(frame => frame.Key).Select(frame =>
    {
        var bytes = new byte[frame.Value.PayloadLength];
        frame.Value.ReadPayload(0, bytes);
        return $"{frame.Key} {Convert.ToHexString(frame.Value.Head.Span)} {Convert.ToHexString(bytes)}";
    })];

    // A database whose answers to some questions fail.
    private sealed class Failing(CatalogConnection inner, string question, CatalogFault fault) : CatalogConnection
    {
        public bool HasFailed { get; private set; }

        public override int Execute(string sql, params ReadOnlySpan<object?> arguments) => inner.Execute(Asked(sql), arguments);

        public override long Insert(string sql, params ReadOnlySpan<object?> arguments) => inner.Insert(Asked(sql), arguments);

        public override T Scalar<T>(string sql, params ReadOnlySpan<object?> arguments) => inner.Scalar<T>(Asked(sql), arguments);

        public override List<T> Query<T>(string sql, Func<CatalogRow, T> read, params ReadOnlySpan<object?> arguments) =>
            inner.Query(Asked(sql), read, arguments);

        public override T? Single<T>(string sql, Func<CatalogRow, T> read, params ReadOnlySpan<object?> arguments)
            where T : class => inner.Single(Asked(sql), read, arguments);

        public override void Discard(string sql, params ReadOnlySpan<object?> arguments) => inner.Discard(sql, arguments);

        public override long Bytes => inner.Bytes;

        public override long UnusedBytes => inner.UnusedBytes;

        public override void Touch() => inner.Touch();

        public override long VersionOfOthers() => inner.VersionOfOthers();

        public override IReadOnlyList<string> CheckStructure(int most, CancellationToken cancellation) =>
            inner.CheckStructure(most, cancellation);

        public override IReadOnlyList<(string Table, long? Row, string Missing)> CheckReferences() => inner.CheckReferences();

        public override void Dispose() => inner.Dispose();

        private string Asked(string sql)
        {
            if (!sql.Contains(question, StringComparison.Ordinal))
            {
                return sql;
            }

            HasFailed = true;
            throw new CatalogException(
                fault, new FishException(ErrorCode.StorageUnavailable, "fish.db", "The disk fails.", "Check the disk."),
                new IOException("The disk fails."));
        }
    }
}
