using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>
/// A connection to the catalog, with SQL and positional parameters (<c>$0</c>, <c>$1</c>, …). Converts digests and times. For one thread at
/// a time.
/// </summary>
/// <remarks>Every call throws <see cref="CatalogException"/> if the database fails.</remarks>
internal abstract class CatalogConnection : IDisposable
{
    // A few fixed lengths keep the number of distinct statements small. SQLite looks up each parameter among all earlier ones, so several
    // short lists are faster than a long one.
    private static readonly int[] ListLengths = [4, 32, 256];

    /// <summary>
    /// Turns ids into parameters: a list such as <c>($1, $2, $3, $4)</c> to write after <c>IN</c>, and all arguments. Many ids give several
    /// lists, each for its own statement.
    /// </summary>
    /// <param name="ids">The ids; duplicates are allowed. The last id of a list may be repeated.</param>
    /// <param name="before">The preceding arguments.</param>
    public static IEnumerable<(string List, object?[] Arguments)> In(IEnumerable<long> ids, params object?[] before)
    {
        foreach (var batch in ids.Distinct().Chunk(ListLengths[^1]))
        {
            var numbers = Enumerable.Range(0, ListLengths.First(length => length >= batch.Length)).ToArray();
            yield return (
                $"({string.Join(", ", numbers.Select(number => $"${before.Length + number}"))})",
                [.. before, .. numbers.Select(number => (object?)batch[Math.Min(number, batch.Length - 1)])]);
        }
    }

    /// <summary>The tables of the catalog over this connection.</summary>
    public CatalogRows Rows => field ??= new CatalogRows(this);

    /// <inheritdoc cref="ICatalogView.Bytes"/>
    public abstract long Bytes { get; }

    /// <inheritdoc cref="ICatalogView.UnusedBytes"/>
    public abstract long UnusedBytes { get; }

    /// <summary>Runs all statements to the end.</summary>
    /// <returns>The number of changed rows.</returns>
    public abstract int Execute(string sql, params ReadOnlySpan<object?> arguments);

    /// <summary>Like <see cref="Execute"/>, for deleting or replacing rows: damage in the old rows is ignored.</summary>
    public abstract void Discard(string sql, params ReadOnlySpan<object?> arguments);

    /// <summary>Inserts one row.</summary>
    /// <returns>The row's id.</returns>
    public abstract long Insert(string sql, params ReadOnlySpan<object?> arguments);

    /// <summary>
    /// The first value of the first row; the type's default if there is no row or the value is null. A condition is 0 or 1, a sum an
    /// integer.
    /// </summary>
    public abstract T Scalar<T>(string sql, params ReadOnlySpan<object?> arguments);

    /// <summary>All rows.</summary>
    public abstract List<T> Query<T>(string sql, Func<CatalogRow, T> read, params ReadOnlySpan<object?> arguments);

    /// <summary>The first row; <see langword="null"/> if there is none.</summary>
    public abstract T? Single<T>(string sql, Func<CatalogRow, T> read, params ReadOnlySpan<object?> arguments)
        where T : class;

    /// <inheritdoc cref="ICatalogView.CheckStructure"/>
    public abstract IReadOnlyList<string> CheckStructure(int most, CancellationToken cancellationToken);

    /// <inheritdoc cref="ICatalogView.CheckReferences"/>
    public abstract IReadOnlyList<(string Table, long? Row, string Missing)> CheckReferences();

    /// <inheritdoc cref="ICatalogView.VersionOfOthers"/>
    public abstract long VersionOfOthers();

    /// <inheritdoc cref="ICatalogWriter.Touch"/>
    public abstract void Touch();

    /// <inheritdoc/>
    public abstract void Dispose();
}
