package bench;

import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * The far simpler job in Flink SQL: decode JSON, count per channel and score in event-time windows of a
 * minute.  One task, state on the heap, no checkpoints.  Arguments: broker, how many events there are,
 * group, topics.  Prints "first" and "done" when the first and the last event have been decoded.
 */
public final class SqlCount {
    private SqlCount() {}

    /** Passes a value through, and counts: the only place of a SQL job that sees every event. */
    public static final class Seen extends ScalarFunction {
        private static final AtomicLong COUNTED = new AtomicLong();
        private static long events;

        public String eval(String value) {
            long now = COUNTED.incrementAndGet();
            if (now == 1) {
                System.out.println("first");
            } else if (now == events) {
                System.out.println("done");
            }
            return value;
        }

        @Override
        public boolean isDeterministic() {
            return false; // else the planner may evaluate it twice or not at all
        }
    }

    public static void main(String[] arguments) throws Exception {
        Seen.events = Long.parseLong(arguments[1]);
        Configuration settings = new Configuration();
        settings.setString("parallelism.default", "1");
        settings.setString("state.backend.type", "hashmap");
        settings.setString("table.exec.source.idle-timeout", "1 s");
        settings.setString("rest.bind-port", "0");
        TableEnvironment table = TableEnvironment.create(
            EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(settings).build());
        table.createTemporarySystemFunction("seen", Seen.class);
        table.executeSql(String.format("""
            CREATE TABLE events (
              channel STRING, score STRING, `at` DOUBLE,
              happened AS TO_TIMESTAMP_LTZ(CAST(`at` * 1000 AS BIGINT), 3),
              WATERMARK FOR happened AS happened - INTERVAL '10' SECOND
            ) WITH (
              'connector' = 'kafka', 'properties.bootstrap.servers' = '%s', 'properties.group.id' = '%s',
              'topic' = '%s;%s', 'scan.startup.mode' = 'earliest-offset',
              'format' = 'json', 'json.ignore-parse-errors' = 'true'
            )""", arguments[0], arguments[2], arguments[3], arguments[4]));
        table.executeSql(
            "CREATE VIEW seen_events AS SELECT seen(channel) AS channel, score, happened FROM events");
        table.executeSql("""
            CREATE TABLE counts (started TIMESTAMP(3), channel STRING, score STRING, answers BIGINT)
            WITH ('connector' = 'blackhole')""");
        table.executeSql("""
            INSERT INTO counts
            SELECT window_start, channel, score, COUNT(*)
            FROM TABLE(TUMBLE(
              TABLE seen_events, DESCRIPTOR(happened), INTERVAL '1' MINUTE))
            GROUP BY window_start, window_end, channel, score""").await();
    }
}
