package bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.TimeWindows;

/**
 * The far simpler job in Kafka Streams: decode JSON, count per channel and score in windows of a minute.
 * Default store, at least once; with a grace, or what partitions are apart would be left out and never be done.
 * Arguments: broker, how many events there are, application id, topics.
 * Prints "first" and "done" when the first and the last event have been aggregated.
 */
public final class CountPerChannel {
    private CountPerChannel() {}

    public static void main(String[] arguments) throws Exception {
        long events = Long.parseLong(arguments[1]);
        AtomicLong counted = new AtomicLong();
        CountDownLatch done = new CountDownLatch(1);
        ObjectMapper json = new ObjectMapper();

        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(List.of(arguments).subList(3, arguments.length),
                Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
            .map((key, value) -> new KeyValue<>(channelAndScore(json, value), 1))
            .groupByKey(Grouped.with(Serdes.String(), Serdes.Integer()))
            .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMinutes(1), Duration.ofDays(1)))
            .aggregate(() -> 0L, (key, one, sum) -> {
                long now = counted.incrementAndGet();
                if (now == 1) {
                    System.out.println("first");
                } else if (now == events) {
                    System.out.println("done");
                    done.countDown();
                }
                return sum + one;
            }, Materialized.with(Serdes.String(), Serdes.Long()));

        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments[2]);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
        settings.put("auto.offset.reset", "earliest");
        String scratch = System.getenv().getOrDefault("TMPDIR", System.getProperty("java.io.tmpdir"));
        settings.put(StreamsConfig.STATE_DIR_CONFIG, scratch + "/" + arguments[2]);
        try (KafkaStreams streams = new KafkaStreams(builder.build(), settings)) {
            streams.start();
            done.await();
        }
    }

    private static String channelAndScore(ObjectMapper json, byte[] value) {
        try {
            JsonNode event = json.readTree(value);
            return event.path("channel").asText() + "|" + event.path("score").asText("");
        } catch (java.io.IOException notJson) {
            return "bad";
        }
    }
}
